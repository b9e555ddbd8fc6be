-- Ends a run: frees its leases, folds their counts into its row and writes the audit row.
WITH freed AS (
    UPDATE {schema}.lease
       SET run = NULL, expires_at = NULL, in_batch = NULL, stop = NULL
     WHERE run = %(run)s
    RETURNING shard, cursor, until, done OR %(done)s AS done, read, processed, skipped, failed,
              batches, counters, heartbeat_at
), total AS (
    SELECT sum(read) AS read, sum(processed) AS processed, sum(skipped) AS skipped,
           sum(failed) AS failed, sum(batches) AS batches, max(heartbeat_at) AS heartbeat_at,
           jsonb_object_agg(shard::text, jsonb_build_object(
               'cursor', cursor, 'until', until, 'done', done)) AS position
      FROM freed
), counted AS (
    SELECT jsonb_object_agg(name, number) AS counters
      FROM (SELECT c.key AS name, sum(c.value::numeric) AS number
              FROM freed, jsonb_each(freed.counters) AS c
             WHERE jsonb_typeof(c.value) = 'number' GROUP BY c.key) AS added
), closed AS (
    UPDATE {schema}.run AS r
       SET status = CASE WHEN %(status)s = 'success' AND total.failed > 0 THEN 'partial'
                         ELSE %(status)s END,
           -- least() passes over a null: without a time from elsewhere it is now.
           finished_at = greatest(
               least(%(finished_at)s::timestamptz, clock_timestamp()), r.started_at),
           heartbeat_at = greatest(total.heartbeat_at, r.started_at),
           read = total.read, processed = total.processed, skipped = total.skipped,
           failed = total.failed, batches = total.batches, position = total.position,
           counters = coalesce(counted.counters, '{{}}'),
           error_class = %(error_class)s, error_message = %(error_message)s,
           error_stack = %(error_stack)s, output = %(output)s, reason = %(reason)s
      FROM total, counted
     WHERE r.id = %(run)s AND r.status = 'running' AND total.read IS NOT NULL
    RETURNING {schema}.audit_details(r) AS details
)
INSERT INTO {audit} (action_type, entity_type, details{audit_columns})
SELECT 'background_job_execution', 'background_job', details{audit_values} FROM closed
RETURNING details
