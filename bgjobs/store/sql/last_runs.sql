-- The newest run of each job that was not skipped; DISTINCT ON would read the whole ledger.
SELECT r.id, r.job, r.slot, r.trigger, r.status, r.attempt, r.host, r.pid, r.version,
       r.parameters, r.started_at, r.heartbeat_at, r.finished_at, r.read, r.processed, r.skipped,
       r.failed, r.batches, r.counters, r.position, r.error_class, r.error_message, NULL, NULL,
       r.reason, r.alive
  FROM unnest(%(jobs)s::text[]) AS known (job)
 CROSS JOIN LATERAL (SELECT * FROM {schema}.history h
                      WHERE h.job = known.job AND h.status <> 'skipped'
                      ORDER BY h.started_at DESC
                      LIMIT 1) r
