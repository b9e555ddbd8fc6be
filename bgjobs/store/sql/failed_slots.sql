-- The slots that a job's listed records belong to, oldest first; messages are none of them.
SELECT DISTINCT slot FROM {schema}.failed_record
 WHERE job = %(job)s AND jsonb_typeof(key) = 'array'
 ORDER BY slot
