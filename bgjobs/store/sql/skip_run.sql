-- Records a start that did not become a run, and why.
INSERT INTO {schema}.run (id, job, slot, trigger, status, attempt, host, boot, pid, version,
                          parameters, finished_at, reason)
VALUES (%(run)s, %(job)s, %(slot)s, %(trigger)s, 'skipped', %(attempt)s, %(host)s, %(boot)s,
        %(pid)s, %(version)s, %(parameters)s::jsonb, clock_timestamp(), %(reason)s)
