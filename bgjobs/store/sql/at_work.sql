-- How many open shards of a run are worked now, and how many may yet be claimed. One whose lease
-- cannot be locked has a batch in flight.
WITH free AS MATERIALIZED (
    SELECT shard FROM {schema}.lease WHERE run = %(run)s AND shard > 0 FOR UPDATE SKIP LOCKED
)
SELECT count(*) FILTER (WHERE l.heartbeat_at IS NOT NULL
                          AND (l.expires_at > clock_timestamp() OR free.shard IS NULL)),
       count(*) FILTER (WHERE l.heartbeat_at IS NULL AND l.expires_at > clock_timestamp())
  FROM {schema}.lease AS l LEFT JOIN free ON free.shard = l.shard
 WHERE l.run = %(run)s AND l.shard > 0 AND NOT l.done AND l.failure IS NULL
