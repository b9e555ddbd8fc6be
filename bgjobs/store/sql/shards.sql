-- A run's shards: the tokens of their leases, and whether each has its range or nothing to do.
SELECT shard, token, done, cursor IS NOT NULL OR until IS NOT NULL
  FROM {schema}.lease
 WHERE run = %(run)s AND shard > 0
 ORDER BY shard
