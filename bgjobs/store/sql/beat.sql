-- Renews the lease of a process that works no batch itself.
UPDATE {schema}.lease
   SET heartbeat_at = clock_timestamp(),
       expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
RETURNING stop
