-- Takes a job's records off the list without working them.
DELETE FROM {schema}.failed_record WHERE job = %(job)s
