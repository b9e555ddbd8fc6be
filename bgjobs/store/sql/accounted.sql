-- The jobs of a list that have a run, skipped or not, for a slot from the given one on.
SELECT due.job
  FROM unnest(%(jobs)s::text[], %(slots)s::timestamptz[]) AS due (job, slot)
 WHERE EXISTS (SELECT FROM {schema}.run r
                WHERE r.job = due.job AND r.slot >= due.slot
                  -- A run starts after its slot; an hour is more than clocks of hosts differ.
                  AND r.started_at >= due.slot - interval '1 hour')
