-- What reading and pruning need once the ledger is large: rare states of a rare job, and what was sent.
CREATE INDEX run_started ON {schema}.run (job, started_at DESC) WHERE status <> 'skipped';
CREATE INDEX run_notable ON {schema}.run (job, status, started_at DESC)
    WHERE status NOT IN ('running', 'success');
CREATE INDEX outbox_sent ON {schema}.outbox (job, sent_at) WHERE sent_at IS NOT NULL;
