-- Puts a message into the outbox, in the batch's transaction; a key is never put in twice.
INSERT INTO {schema}.outbox (job, run, key, payload)
VALUES (%(job)s, %(run)s, %(key)s, %(payload)s::jsonb)
    ON CONFLICT (job, key) DO NOTHING
