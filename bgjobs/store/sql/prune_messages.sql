-- Deletes some of a job's messages that were sent long ago, oldest first.
DELETE FROM {schema}.outbox
 WHERE id IN (SELECT id FROM {schema}.outbox
               WHERE job = %(job)s AND sent_at < %(before)s
               ORDER BY sent_at
               LIMIT %(limit)s
                 FOR UPDATE SKIP LOCKED)
