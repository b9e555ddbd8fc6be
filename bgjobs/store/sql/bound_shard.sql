-- Fixes where a shard's records begin and end, once per slot, before its first batch.
UPDATE {schema}.lease
   SET cursor = coalesce(%(cursor)s::jsonb, cursor), until = %(until)s::jsonb
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
