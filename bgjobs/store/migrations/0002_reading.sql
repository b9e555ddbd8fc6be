-- What reading and pruning need once the ledger is large: rare states of a rare job, what was sent,
-- and runs as they stand now.
DROP INDEX {schema}.run_unsuccessful;
CREATE INDEX run_started ON {schema}.run (job, started_at DESC) WHERE status <> 'skipped';
CREATE INDEX run_notable ON {schema}.run (job, status, started_at DESC)
    WHERE status NOT IN ('running', 'success');
CREATE INDEX run_notable_newest ON {schema}.run (status, started_at DESC NULLS LAST)
    WHERE status NOT IN ('running', 'success');
CREATE INDEX outbox_sent ON {schema}.outbox (job, sent_at) WHERE sent_at IS NOT NULL;

-- Runs as they stand now: what a living one has done so far is told by its leases.
CREATE VIEW {schema}.history AS
SELECT r.id, r.job, r.slot, r.trigger, r.status, r.attempt, r.shards, r.host, r.boot, r.pid,
       r.version, r.parameters, r.started_at,
       greatest(r.heartbeat_at, l.heartbeat_at) AS heartbeat_at, r.finished_at,
       coalesce(l.read, r.read) AS read, coalesce(l.processed, r.processed) AS processed,
       coalesce(l.skipped, r.skipped) AS skipped, coalesce(l.failed, r.failed) AS failed,
       coalesce(l.batches, r.batches) AS batches, coalesce(c.counters, r.counters) AS counters,
       coalesce(l.position, r.position) AS position,
       r.error_class, r.error_message, r.error_stack, r.output, r.reason,
       coalesce(l.alive, false) AS alive
  FROM {schema}.run r
  LEFT JOIN LATERAL (
       SELECT max(heartbeat_at) AS heartbeat_at,
              -- Here and not above: a volatile function there would keep the view from being
              -- planned as part of the statement that reads it.
              max(expires_at) > clock_timestamp() AS alive,
              sum(read)::bigint AS read, sum(processed)::bigint AS processed,
              sum(skipped)::bigint AS skipped, sum(failed)::bigint AS failed,
              sum(batches)::int AS batches,
              jsonb_object_agg(shard, jsonb_build_object(
                  'cursor', cursor, 'until', until, 'done', done)) AS position
         FROM {schema}.lease
        WHERE run = r.id AND r.status = 'running') l ON true
  LEFT JOIN LATERAL (
       SELECT jsonb_object_agg(name, total) AS counters
         FROM (SELECT e.key AS name, sum(e.value::numeric) AS total
                 FROM {schema}.lease, jsonb_each(counters) AS e
                WHERE run = r.id AND r.status = 'running' AND jsonb_typeof(e.value) = 'number'
                GROUP BY e.key) AS sums) c ON true;
