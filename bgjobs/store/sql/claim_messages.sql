-- Takes messages to be sent; committed before they are, so that a death while sending shows.
UPDATE {schema}.outbox AS o
   SET attempts = o.attempts + 1, sender = %(run)s, error_message = NULL
  FROM (SELECT id FROM {schema}.outbox
         WHERE job = %(job)s AND sent_at IS NULL AND error_message IS NULL AND sender IS NULL
           AND id <> ALL (%(resting)s::bigint[])
         ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS next
 WHERE o.id = next.id
RETURNING o.id, o.key, o.payload, o.attempts
