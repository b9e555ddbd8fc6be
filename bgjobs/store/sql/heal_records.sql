-- Takes records off the list of failed ones, in the transaction in which they were done.
DELETE FROM {schema}.failed_record WHERE job = %(job)s AND key = ANY (%(keys)s::jsonb[])
