-- Adds messages that could not be sent to what failed in a run.
UPDATE {schema}.lease SET failed = failed + %(number)s
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
RETURNING read, processed, skipped, failed, batches
