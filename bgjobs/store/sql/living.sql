-- The runs that are said to be at work, and where.
SELECT id, job, host, boot, pid FROM {schema}.run WHERE status = 'running'
