-- Lets the other deferred constraints be checked in the midst of a batch, in a savepoint.
UPDATE {schema}.lease SET in_batch = NULL
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
