-- Whether a job has runs past their keep, runs beyond its cap, and messages sent long ago: asked at
-- each start, so by index and in one go.
SELECT EXISTS (SELECT FROM {schema}.run
                WHERE job = %(job)s AND started_at < %(before)s::timestamptz
                  AND status IN ('success', 'skipped'))
       OR EXISTS (SELECT FROM {schema}.run
                   WHERE job = %(job)s AND started_at < %(failed_before)s::timestamptz
                     AND status NOT IN ('running', 'success', 'skipped')),
       %(keep)s::int IS NOT NULL
       AND EXISTS (SELECT FROM {schema}.run WHERE job = %(job)s
                    ORDER BY started_at DESC OFFSET %(keep)s::int LIMIT 1),
       EXISTS (SELECT FROM {schema}.outbox WHERE job = %(job)s AND sent_at < %(before)s::timestamptz)
