-- Lets a shard's lease go while its run lives on: who claims it next goes on from its cursor.
UPDATE {schema}.lease SET heartbeat_at = NULL, expires_at = clock_timestamp()
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
