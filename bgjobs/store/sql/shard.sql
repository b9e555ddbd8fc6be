-- How a shard of a job's living run stands, for a process that could not claim it.
SELECT r.id, r.host, r.slot, r.shards, l.done OR l.failure IS NOT NULL,
       l.heartbeat_at IS NULL OR l.expires_at < clock_timestamp()
  FROM {schema}.run AS r LEFT JOIN {schema}.lease AS l ON l.run = r.id AND l.shard = %(shard)s
 WHERE r.job = %(job)s AND r.status = 'running'
 ORDER BY r.started_at LIMIT 1
