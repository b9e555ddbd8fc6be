-- Makes the lease rows of a run's shards, where this is the job's first.
INSERT INTO {schema}.lease (job, lane, shard)
SELECT %(job)s, %(lane)s, s FROM generate_series(%(first)s::int, %(shards)s::int) AS s
    ON CONFLICT DO NOTHING
