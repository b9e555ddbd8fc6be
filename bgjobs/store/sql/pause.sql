-- Pauses a job for all hosts; a second pause replaces the first.
INSERT INTO {schema}.pause (job, until, reason, paused_by)
VALUES (%(job)s, %(until)s, %(reason)s, %(by)s)
    ON CONFLICT (job) DO UPDATE
   SET until = excluded.until, reason = excluded.reason, paused_by = excluded.paused_by,
       paused_at = clock_timestamp()
RETURNING job, until, reason, paused_by, paused_at
