-- Whether a table is being vacuumed or analyzed, or gets an index: by the lock that these take.
-- The view of vacuums at work shows strangers' ones to privileged roles alone.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_locks
     WHERE relation = to_regclass(%(table)s) AND granted AND pid <> pg_backend_pid()
       AND mode = 'ShareUpdateExclusiveLock'
       AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
