-- The run with an id between two, and whether there is a second.
SELECT id, job, slot, trigger, status, attempt, host, pid, version, parameters, started_at,
       heartbeat_at, finished_at, read, processed, skipped, failed, batches, counters, position,
       error_class, error_message, error_stack, output, reason, alive
  FROM {schema}.history
 WHERE id BETWEEN %(first)s AND %(last)s
 ORDER BY id
 LIMIT 2
