-- What this role lacks of the rights that a run needs, as grants.sql gives them: one row each.
WITH needed (relation, privilege, col) AS (
    SELECT rel, priv, NULL::text
      FROM unnest(ARRAY['migration', 'history', 'known_job', 'run', 'lease', 'failed_record',
                        'outbox', 'pause']) AS rel,
           unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS priv
     WHERE priv = 'SELECT'
        OR rel = 'known_job' AND priv = 'INSERT'
        OR rel = 'run' AND priv IN ('INSERT', 'DELETE')
        OR rel IN ('lease', 'failed_record', 'outbox', 'pause')
    UNION ALL
    SELECT 'run', 'UPDATE', col
      FROM unnest(ARRAY['status', 'shards', 'heartbeat_at', 'finished_at', 'read', 'processed',
                        'skipped', 'failed', 'batches', 'counters', 'position', 'error_class',
                        'error_message', 'error_stack', 'output', 'reason']) AS col
), named AS (
    SELECT format('%%I.%%I', %(schema)s::text, relation) AS relation, privilege, col
      FROM needed
    UNION ALL SELECT %(audit)s::text, 'INSERT', NULL
    UNION ALL SELECT %(audit)s::text, 'SELECT', 'details'
)
SELECT DISTINCT privilege || coalesce(' (' || col || ')', ''), to_regclass(relation)::text
  FROM named
 WHERE to_regclass(relation) IS NOT NULL
   AND NOT CASE WHEN col IS NULL THEN has_table_privilege(relation, privilege)
                ELSE has_column_privilege(relation, col, privilege) END
 ORDER BY 2, 1
