-- The slots that a job's listed records belong to.
SELECT key, slot FROM {schema}.failed_record WHERE job = %(job)s
