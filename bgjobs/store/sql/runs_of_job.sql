-- Runs of one job, newest first, without what they printed and their stacks.
SELECT id, job, slot, trigger, status, attempt, host, pid, version, parameters, started_at,
       heartbeat_at, finished_at, read, processed, skipped, failed, batches, counters, position,
       error_class, error_message, NULL, NULL, reason, alive
  FROM {schema}.history
 WHERE job = %(job)s
   AND (%(status)s::text IS NULL OR status = %(status)s)
   AND (%(since)s::timestamptz IS NULL OR started_at >= %(since)s)
   AND (%(before)s::timestamptz IS NULL OR started_at < %(before)s)
 ORDER BY started_at DESC, id DESC
 LIMIT %(limit)s
