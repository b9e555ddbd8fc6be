-- Opens a run and takes its leases, all of them or nothing.
WITH free AS MATERIALIZED (
    SELECT shard, run FROM {schema}.lease
     WHERE job = %(job)s AND lane = %(lane)s AND shard BETWEEN %(first)s AND %(shards)s
       FOR UPDATE SKIP LOCKED
), opened AS (
    INSERT INTO {schema}.run (id, job, slot, trigger, status, attempt, shards, host, boot, pid,
                              version, parameters, only_failed, key)
    SELECT %(run)s, %(job)s, %(slot)s, %(trigger)s, 'running', %(attempt)s, %(shards)s, %(host)s,
           %(boot)s, %(pid)s, %(version)s, %(parameters)s::jsonb, %(only_failed)s,
           %(key)s
     WHERE (SELECT count(*) FROM free WHERE run IS NULL) = %(shards)s - %(first)s + 1
        ON CONFLICT DO NOTHING
    RETURNING id, started_at
)
UPDATE {schema}.lease AS l
   SET token = l.token + 1, run = opened.id, in_batch = NULL, stop = NULL, failure = NULL,
       heartbeat_at = CASE WHEN coalesce(%(claim)s, l.shard) = l.shard
                           THEN clock_timestamp() END,
       expires_at = clock_timestamp() + make_interval(secs => %(ttl)s),
       cursor = nullif(%(position)s::jsonb -> l.shard::text -> 'cursor', 'null'),
       until = nullif(%(position)s::jsonb -> l.shard::text -> 'until', 'null'),
       done = coalesce((%(position)s::jsonb -> l.shard::text ->> 'done')::boolean, false),
       read = 0, processed = 0, skipped = 0, failed = 0, batches = 0, counters = '{{}}'
  FROM opened
 WHERE l.job = %(job)s AND l.lane = %(lane)s AND l.shard BETWEEN %(first)s AND %(shards)s
RETURNING l.shard, l.token, l.done, opened.started_at
