-- Puts the cursor back to the start, for a job that works until its select is empty.
UPDATE {schema}.lease SET cursor = NULL
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
