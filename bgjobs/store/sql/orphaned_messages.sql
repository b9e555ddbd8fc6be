-- Lists messages whose sender died between taking and marking them: nobody knows whether they went
-- out, so they are not sent again by themselves. Once the last shard of a run has ended, also those
-- that a process of its own left.
WITH orphaned AS (
    UPDATE {schema}.outbox AS o
       SET sender = NULL, error_message = %(error)s
     WHERE o.job = %(job)s AND o.sent_at IS NULL AND o.sender IS NOT NULL
       AND CASE WHEN o.sender = %(run)s THEN %(over)s
                ELSE NOT EXISTS (SELECT FROM {schema}.lease AS l WHERE l.run = o.sender) END
    RETURNING o.key
), listed AS (
    INSERT INTO {schema}.failed_record AS f (job, key, run, slot, error_class, error_message)
    SELECT %(job)s, jsonb_build_object('message', key), %(run)s, %(slot)s, %(error_class)s, %(error)s
      FROM orphaned
        ON CONFLICT (job, key) DO UPDATE
       SET run = excluded.run, error_class = excluded.error_class,
           error_message = excluded.error_message, error_stack = NULL,
           attempt = f.attempt + 1, failed_at = clock_timestamp()
    RETURNING 1
)
UPDATE {schema}.lease SET failed = failed + (SELECT count(*) FROM listed)
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
RETURNING (SELECT count(*) FROM listed)
