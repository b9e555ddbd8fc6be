-- The pauses in force at a moment, of one job or of all.
SELECT job, until, reason, paused_by, paused_at
  FROM {schema}.pause
 WHERE (%(job)s::text IS NULL OR job = %(job)s) AND (until IS NULL OR until > %(now)s)
 ORDER BY job
