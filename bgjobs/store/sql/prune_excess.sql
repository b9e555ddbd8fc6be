-- Deletes some of a job's runs beyond its newest so many, oldest first; never a living one.
DELETE FROM {schema}.run
 WHERE id IN (
       SELECT id
         FROM {schema}.run
        WHERE job = %(job)s AND status <> 'running'
          AND started_at < (SELECT started_at FROM {schema}.run WHERE job = %(job)s
                             ORDER BY started_at DESC OFFSET %(keep)s - 1 LIMIT 1)
          AND started_at < (SELECT max(started_at) FROM {schema}.run
                             WHERE job = %(job)s AND status <> 'skipped')
        ORDER BY started_at
        LIMIT %(limit)s
          FOR UPDATE SKIP LOCKED)
