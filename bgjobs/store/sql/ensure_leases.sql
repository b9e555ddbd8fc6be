-- Makes the lease rows of a run's shards, where this is the job's first. One that is there is not
-- tried to be inserted: that would wait for the batch in flight which has it locked.
INSERT INTO {schema}.lease (job, lane, shard)
SELECT %(job)s, %(lane)s, s FROM generate_series(%(first)s::int, %(shards)s::int) AS s
 WHERE NOT EXISTS (SELECT FROM {schema}.lease AS l
                    WHERE l.job = %(job)s AND l.lane = %(lane)s AND l.shard = s)
    ON CONFLICT DO NOTHING
