-- Closes a dead run with what its leases tell of it.
UPDATE {schema}.run r
   SET status = 'crashed',
       -- After a failover the clock may stand before the start.
       finished_at = greatest(clock_timestamp(), r.started_at), heartbeat_at = h.heartbeat_at,
       read = h.read, processed = h.processed, skipped = h.skipped, failed = h.failed,
       batches = h.batches, counters = h.counters, position = h.position,
       error_class = 'Crashed', error_message = %(message)s, reason = %(reason)s
  FROM {schema}.history h
 WHERE h.id = r.id AND r.id = %(run)s
