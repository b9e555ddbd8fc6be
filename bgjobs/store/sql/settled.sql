-- How a run's shards stand: how many are open, what failed, and the counts that limits are for.
SELECT count(*) FILTER (WHERE NOT done AND failure IS NULL),
       (array_agg(failure ORDER BY shard) FILTER (WHERE failure IS NOT NULL))[1],
       sum(read)::bigint, sum(processed)::bigint, sum(skipped)::bigint, sum(failed)::bigint,
       sum(batches)::int
  FROM {schema}.lease WHERE run = %(run)s AND shard > 0
