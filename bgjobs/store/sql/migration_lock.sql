-- Lets one migration of this ledger through at a time; freed with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))
