-- Renews, locks and reads the lease as the first statement of a batch, and bounds what follows.
-- Floats are spelled in full, or a cursor would name another record.
-- By keepalives the server notices within a minute that a host is gone without a word, and frees
-- the lease; it would be hours by its default.
SELECT b.cursor, b.until, b.read, b.processed, b.skipped, b.failed, b.batches, b.counters, b.stop,
       set_config('lock_timeout', %(lock_timeout)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('extra_float_digits', '1', true),
       set_config('tcp_keepalives_idle', '30', true),
       set_config('tcp_keepalives_interval', '10', true),
       set_config('tcp_keepalives_count', '3', true)
  FROM {schema}.begin_batch(%(job)s, %(lane)s, %(shard)s, %(run)s, %(token)s, %(ttl)s) AS b
