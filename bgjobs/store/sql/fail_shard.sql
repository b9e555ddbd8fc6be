-- Keeps why a shard ended short of its end, for whoever closes the run.
UPDATE {schema}.lease SET failure = %(failure)s::jsonb, expires_at = clock_timestamp()
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
