-- The jobs of a list that cron has started for the given slot or a later one, or somebody for that
-- very slot; each is looked up by itself: a join would read the whole ledger.
SELECT due.job
  FROM unnest(%(jobs)s::text[], %(slots)s::timestamptz[]) AS due (job, slot)
 CROSS JOIN LATERAL (
       (SELECT r.slot
          FROM {schema}.run r
         WHERE r.job = due.job AND r.slot >= due.slot AND r.trigger IN ('cron', 'catch_up')
         ORDER BY r.slot DESC
         LIMIT 1)
        UNION ALL
       (SELECT r.slot
          FROM {schema}.run r
         WHERE r.job = due.job AND r.slot = due.slot AND r.status <> 'skipped' AND r.attempt > 0
         LIMIT 1)
         LIMIT 1) AS found
