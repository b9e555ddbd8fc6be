-- What is on a job's list though a run has just worked it again: its record or message is gone.
SELECT count(*) FROM {schema}.failed_record WHERE job = %(job)s AND run <> %(run)s
