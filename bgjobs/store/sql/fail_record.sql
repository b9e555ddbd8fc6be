-- Lists a record that was rolled back alone; a second failure raises its attempt.
INSERT INTO {schema}.failed_record AS f
       (job, key, run, slot, error_class, error_message, error_stack)
VALUES (%(job)s, %(key)s::jsonb, %(run)s, %(slot)s, %(error_class)s, %(message)s, %(stack)s)
    ON CONFLICT (job, key) DO UPDATE
   SET run = excluded.run, slot = excluded.slot, error_class = excluded.error_class,
       error_message = excluded.error_message, error_stack = excluded.error_stack,
       attempt = f.attempt + 1, failed_at = clock_timestamp()
