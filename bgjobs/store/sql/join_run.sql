-- Claims a shard of a run that another process opened, where nobody works it.
WITH free AS MATERIALIZED (
    SELECT l.job, l.lane, l.shard
      FROM {schema}.lease AS l JOIN {schema}.run AS r ON r.id = l.run
     WHERE l.job = %(job)s AND l.shard = %(claim)s AND r.shards = %(shards)s
       AND r.status = 'running' AND r.slot = coalesce(%(slot)s, r.slot)
       AND NOT l.done AND l.failure IS NULL
       AND (l.heartbeat_at IS NULL OR l.expires_at < clock_timestamp())
       FOR UPDATE OF l SKIP LOCKED
)
UPDATE {schema}.lease AS l
   SET token = l.token + 1, heartbeat_at = clock_timestamp(),
       expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
  FROM free
 WHERE l.job = free.job AND l.lane = free.lane AND l.shard = free.shard
RETURNING l.run, l.lane, l.token
