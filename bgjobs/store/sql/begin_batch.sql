-- Renews, locks and reads the lease as the first statement of a batch, and bounds what follows.
SELECT b.cursor, b.until, b.read, b.processed, b.skipped, b.failed, b.batches, b.counters, b.stop,
       set_config('lock_timeout', %(lock_timeout)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true)
  FROM {schema}.begin_batch(%(job)s, %(lane)s, %(shard)s, %(run)s, %(token)s, %(ttl)s) AS b
