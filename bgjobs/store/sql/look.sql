-- Everything a start decides by: clock, pause, newest run, failed records, the audit table.
SELECT clock_timestamp(), k.since, p.job IS NOT NULL, p.until, p.reason, p.paused_by,
       r.id, r.slot, r.attempt, r.status, r.shards, r.position, r.started_at,
       r.parameters, r.key,
       (SELECT max(c.slot) FROM {schema}.run AS c
         WHERE c.job = %(job)s AND c.trigger IN ('cron', 'catch_up') AND c.attempt > 0),
       EXISTS (SELECT FROM {schema}.failed_record AS f WHERE f.job = %(job)s),
       EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = to_regclass(%(audit)s) AND a.attname = 'details'
                  AND has_column_privilege(a.attrelid, a.attnum, 'INSERT')
                  AND has_column_privilege(a.attrelid, a.attnum, 'SELECT'))
  FROM (SELECT 1) AS one
  LEFT JOIN {schema}.known_job AS k ON k.job = %(job)s
  LEFT JOIN {schema}.pause AS p
         ON p.job = %(job)s AND (p.until IS NULL OR p.until > clock_timestamp())
  LEFT JOIN LATERAL (
        SELECT * FROM {schema}.run
         WHERE job = %(job)s AND status <> 'skipped' AND attempt > 0 AND NOT only_failed
         ORDER BY started_at DESC LIMIT 1) AS r ON true
