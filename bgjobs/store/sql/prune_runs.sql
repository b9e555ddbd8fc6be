-- Deletes some of a job's runs that are past their keep, oldest first; never its newest, never a
-- living one.
DELETE FROM {schema}.run
 WHERE id IN (
       SELECT id
         FROM {schema}.run
        WHERE job = %(job)s AND status <> 'running'
          AND started_at < CASE WHEN status IN ('success', 'skipped') THEN %(before)s::timestamptz
                                ELSE %(failed_before)s::timestamptz END
          AND started_at < greatest(%(before)s::timestamptz, %(failed_before)s::timestamptz)
          AND started_at < (SELECT max(started_at) FROM {schema}.run
                             WHERE job = %(job)s AND status <> 'skipped')
        ORDER BY started_at
        LIMIT %(limit)s
          FOR UPDATE SKIP LOCKED)
