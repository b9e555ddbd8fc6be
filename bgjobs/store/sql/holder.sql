-- Who holds a job's lease, for the reason of a start that was skipped.
SELECT r.id, r.host, r.pid, r.started_at, r.slot, clock_timestamp()
  FROM {schema}.run AS r
 WHERE r.job = %(job)s AND r.status = 'running'
 ORDER BY r.started_at LIMIT 1
