-- When each job was first seen: slots before that are nobody's.
SELECT job, since FROM {schema}.known_job WHERE job = ANY (%(jobs)s::text[])
