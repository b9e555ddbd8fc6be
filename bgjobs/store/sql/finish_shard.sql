-- Marks a shard as worked to its end.
UPDATE {schema}.lease SET done = true
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
