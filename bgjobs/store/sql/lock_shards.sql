-- A run's shards that are yet to be split, and nobody claims one until they are: a claim gives a
-- lease another token.
SELECT shard, token, done, cursor IS NOT NULL OR until IS NOT NULL
  FROM {schema}.lease
 WHERE run = %(run)s AND shard > 0
 ORDER BY shard
   FOR UPDATE
