-- The newest attempt at a slot; attempt 0 is a start that never reached the database.
SELECT id, slot, attempt, status, shards, position, started_at, parameters, key
  FROM {schema}.run
 WHERE job = %(job)s AND slot = %(slot)s AND status <> 'skipped' AND attempt > 0 AND NOT only_failed
 ORDER BY attempt DESC LIMIT 1
