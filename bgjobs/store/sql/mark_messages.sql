-- Records what became of messages, and renews the lease of who sent them: sent ones leave the list
-- of what failed, and those that are given up are put on it. Done twice it does no more than once.
WITH told AS (
    SELECT *
      FROM unnest(%(ids)s::bigint[], %(again)s::boolean[], %(classes)s::text[],
                  %(errors)s::text[], %(stacks)s::text[])
           AS t (id, again, error_class, error, stack)
), marked AS (
    UPDATE {schema}.outbox AS o
       SET sent_at = CASE WHEN told.error IS NULL AND NOT told.again THEN clock_timestamp() END,
           error_message = told.error, sender = NULL
      FROM told
     WHERE o.id = told.id AND o.sender = %(run)s
    RETURNING o.key, o.sent_at, told.error_class, told.error, told.stack
), listed AS (
    INSERT INTO {schema}.failed_record AS f
           (job, key, run, slot, error_class, error_message, error_stack)
    SELECT %(job)s, jsonb_build_object('message', key), %(run)s, %(slot)s, error_class, error, stack
      FROM marked WHERE error IS NOT NULL
        ON CONFLICT (job, key) DO UPDATE
       SET run = excluded.run, error_class = excluded.error_class,
           error_message = excluded.error_message, error_stack = excluded.error_stack,
           attempt = f.attempt + 1, failed_at = clock_timestamp()
), healed AS (
    DELETE FROM {schema}.failed_record AS f USING marked AS m
     WHERE f.job = %(job)s AND f.key = jsonb_build_object('message', m.key)
       AND m.sent_at IS NOT NULL
)
UPDATE {schema}.lease
   SET heartbeat_at = clock_timestamp(),
       expires_at = clock_timestamp() + make_interval(secs => %(ttl)s),
       failed = failed + (SELECT count(*) FROM marked WHERE error IS NOT NULL)
 WHERE job = %(job)s AND lane = %(lane)s AND shard = %(shard)s AND run = %(run)s
   AND token = %(token)s
RETURNING read, processed, skipped, failed, batches, stop
