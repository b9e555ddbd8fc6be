-- Records a start that never reached the database: attempt 0, so that its slot stays free.
INSERT INTO {schema}.run (id, job, slot, trigger, status, attempt, host, pid, version, parameters,
                          started_at, heartbeat_at, finished_at, read, processed, skipped, failed,
                          batches, error_class, error_message, error_stack, output, reason)
VALUES (%(id)s, %(job)s, %(slot)s, %(trigger)s, %(status)s, 0, %(host)s, %(pid)s, %(version)s,
        %(parameters)s::jsonb, %(started_at)s, %(started_at)s,
        -- The host's clock may have been set back in between.
        greatest(%(finished_at)s, %(started_at)s), %(read)s, %(processed)s, %(skipped)s, %(failed)s,
        %(batches)s, %(error_class)s, %(error_message)s, %(error_stack)s, %(output)s, %(reason)s)
    ON CONFLICT (id) DO NOTHING
