-- Runs said to be at work without a living lease, or proven dead on their host.
SELECT id
  FROM {schema}.run r
 WHERE status = 'running'
   AND (id = ANY (%(proven)s)
        OR NOT EXISTS (SELECT FROM {schema}.lease
                        WHERE run = r.id AND expires_at > clock_timestamp()))
 ORDER BY started_at
