-- The ledger as a whole, in its newest version: equal to the migrations, as a test proves.
CREATE TABLE {schema}.migration (
    number     int         PRIMARY KEY,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE {schema}.run (
    id            uuid        PRIMARY KEY,
    job           text        NOT NULL CHECK (job ~ '^[a-z0-9][a-z0-9_-]{{0,62}}$'),
    slot          timestamptz NOT NULL,
    trigger       text        NOT NULL CHECK (trigger IN ('cron', 'manual', 'retry', 'catch_up')),
    status        text        NOT NULL CHECK (status IN ('running', 'success', 'partial', 'failed',
                                  'timed_out', 'interrupted', 'crashed', 'skipped')),
    attempt       int         NOT NULL CHECK (attempt >= 0),
    shards        int         NOT NULL DEFAULT 1 CHECK (shards >= 1),
    host          text        NOT NULL,
    boot          text        NOT NULL DEFAULT '',
    pid           int         NOT NULL,
    version       text        NOT NULL,
    parameters    jsonb       NOT NULL DEFAULT '{{}}',
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    heartbeat_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    read          bigint      NOT NULL DEFAULT 0,
    processed     bigint      NOT NULL DEFAULT 0,
    skipped       bigint      NOT NULL DEFAULT 0,
    failed        bigint      NOT NULL DEFAULT 0,
    batches       int         NOT NULL DEFAULT 0,
    counters      jsonb       NOT NULL DEFAULT '{{}}',
    -- shard number -> {{"cursor": [..] or null, "until": [..] or null, "done": bool}}
    position      jsonb       NOT NULL DEFAULT '{{}}',
    error_class   text,
    error_message text,
    error_stack   text,
    output        text,
    reason        text,
    -- A run of `bgjobs retry`: it works listed records alone, and is never gone on with.
    only_failed   boolean     NOT NULL DEFAULT false,
    -- The key by which it pages: where the work stands is told by it.
    key           text,
    CHECK ((status = 'running') = (finished_at IS NULL)),
    CHECK (finished_at >= started_at),
    CHECK (status <> 'skipped' OR reason IS NOT NULL),
    CHECK (status NOT IN ('failed', 'crashed') OR error_message IS NOT NULL)
);

-- However many hosts carry the same crontab, a slot runs once; its attempts follow one another.
CREATE UNIQUE INDEX run_slot ON {schema}.run (job, slot, attempt)
    WHERE status <> 'skipped' AND attempt > 0;
CREATE INDEX run_last_slot ON {schema}.run (job, slot) WHERE trigger IN ('cron', 'catch_up');
-- NULLS LAST, though there are none: a query of one job's runs orders otherwise, lest it be answered
-- by walking through those of all jobs, which for a job that stopped long ago is the whole table.
CREATE INDEX run_newest ON {schema}.run (started_at DESC NULLS LAST);
CREATE INDEX run_newest_of_job ON {schema}.run (job, started_at DESC);
CREATE INDEX run_started ON {schema}.run (job, started_at DESC) WHERE status <> 'skipped';
CREATE INDEX run_notable ON {schema}.run (job, status, started_at DESC)
    WHERE status NOT IN ('running', 'success');
CREATE INDEX run_notable_newest ON {schema}.run (status, started_at DESC NULLS LAST)
    WHERE status NOT IN ('running', 'success');
CREATE INDEX run_living ON {schema}.run (job) WHERE status = 'running';
CREATE INDEX run_finished ON {schema}.run USING brin (finished_at);

-- One row per job, lane and shard: who may work, until when, and how far the work has come.
-- The lane is all zeros but for jobs whose runs may overlap: there it is the run's own id.
CREATE TABLE {schema}.lease (
    job          text        NOT NULL,
    lane         uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    shard        int         NOT NULL DEFAULT 1 CHECK (shard >= 0),
    token        bigint      NOT NULL DEFAULT 0,
    run          uuid,
    expires_at   timestamptz,
    heartbeat_at timestamptz,
    in_batch     xid8,
    cursor       jsonb,
    until        jsonb,
    done         boolean     NOT NULL DEFAULT false,
    read         bigint      NOT NULL DEFAULT 0,
    processed    bigint      NOT NULL DEFAULT 0,
    skipped      bigint      NOT NULL DEFAULT 0,
    failed       bigint      NOT NULL DEFAULT 0,
    batches      int         NOT NULL DEFAULT 0,
    counters     jsonb       NOT NULL DEFAULT '{{}}',
    stop         text,
    -- Why a shard ended short of its end: {{"error_class", "message", "stack", "exit"}}
    failure      jsonb,
    PRIMARY KEY (job, lane, shard),
    CHECK ((run IS NULL) = (expires_at IS NULL))
) WITH (fillfactor = 50);

CREATE INDEX lease_run ON {schema}.lease (run);

CREATE TABLE {schema}.failed_record (
    job           text        NOT NULL,
    key           jsonb       NOT NULL,
    run           uuid        NOT NULL,
    slot          timestamptz NOT NULL,
    error_class   text        NOT NULL,
    error_message text        NOT NULL,
    error_stack   text,
    attempt       int         NOT NULL DEFAULT 1,
    failed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, key)
);

-- Messages written in a batch's transaction, sent after it, and marked.
CREATE TABLE {schema}.outbox (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job           text        NOT NULL,
    run           uuid        NOT NULL,
    key           text        NOT NULL,
    payload       jsonb       NOT NULL,
    attempts      int         NOT NULL DEFAULT 0,
    -- The run that is sending it, or was when it died.
    sender        uuid,
    sent_at       timestamptz,
    error_message text,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (job, key)
);

CREATE INDEX outbox_waiting ON {schema}.outbox (job, id) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON {schema}.outbox (job, sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE {schema}.pause (
    job       text        PRIMARY KEY,
    until     timestamptz,
    reason    text,
    paused_by text        NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Slots before a job was first seen are never caught up.
CREATE TABLE {schema}.known_job (
    job   text        PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Starts a batch: renews the lease by its token, locks it, and reads where the work stands.
-- A lost fence must raise: a statement that only returns no row would let a pipeline run on.
CREATE FUNCTION {schema}.begin_batch(
    of_job text, of_lane uuid, of_shard int, of_run uuid, of_token bigint, ttl double precision,
    OUT cursor jsonb, OUT until jsonb, OUT read bigint, OUT processed bigint, OUT skipped bigint,
    OUT failed bigint, OUT batches int, OUT counters jsonb, OUT stop text
) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {schema}.lease AS l
       SET heartbeat_at = clock_timestamp(),
           expires_at = clock_timestamp() + make_interval(secs => ttl),
           in_batch = pg_current_xact_id()
     WHERE l.job = of_job AND l.lane = of_lane AND l.shard = of_shard
       AND l.run = of_run AND l.token = of_token
    RETURNING l.cursor, l.until, l.read, l.processed, l.skipped, l.failed, l.batches,
              l.counters, l.stop
      INTO cursor, until, read, processed, skipped, failed, batches, counters, stop;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease of % was taken over by another run', of_job
            USING ERRCODE = 'BG002';
    END IF;
END $$;

-- Ends the batch that this transaction began: moves the cursor and adds the counts.
CREATE FUNCTION {schema}.end_batch(
    of_job text, of_lane uuid, of_shard int, of_run uuid, of_token bigint,
    new_cursor jsonb, more_read bigint, more_processed bigint, more_skipped bigint,
    more_failed bigint, new_counters jsonb
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {schema}.lease
       SET in_batch = NULL, cursor = coalesce(new_cursor, cursor), read = read + more_read,
           processed = processed + more_processed, skipped = skipped + more_skipped,
           failed = failed + more_failed, batches = batches + least(more_read, 1)::int,
           counters = coalesce(new_counters, counters)
     WHERE job = of_job AND lane = of_lane AND shard = of_shard
       AND run = of_run AND token = of_token AND in_batch = pg_current_xact_id();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the batch of % ends in a transaction that did not begin it', of_job
            USING ERRCODE = 'BG001';
    END IF;
END $$;

-- The server itself refuses half a batch, whoever sends the COMMIT.
CREATE FUNCTION {schema}.no_half_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT in_batch IS NOT NULL FROM {schema}.lease
         WHERE job = NEW.job AND lane = NEW.lane AND shard = NEW.shard) THEN
        RAISE EXCEPTION 'a batch of % was committed without its cursor', NEW.job
            USING ERRCODE = 'BG001';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER half_batch AFTER UPDATE ON {schema}.lease
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.in_batch IS NOT NULL) EXECUTE FUNCTION {schema}.no_half_batch();

-- What the audit row says of a finished run.
CREATE FUNCTION {schema}.audit_details(r {schema}.run) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
               'job_name', r.job,
               'status', CASE WHEN r.status IN ('success', 'partial') THEN 'success'
                              ELSE 'failed' END,
               'records_processed', r.processed,
               'execution_time_ms',
               round(extract(epoch FROM r.finished_at - r.started_at) * 1000)::bigint,
               'outcome', r.status,
               'run_id', r.id,
               'slot', r.slot,
               'trigger', r.trigger,
               'attempt', r.attempt,
               'records_read', r.read,
               'records_skipped', r.skipped,
               'records_failed', r.failed,
               'batches', r.batches)
           || CASE WHEN r.counters = '{{}}' THEN '{{}}'
                   ELSE jsonb_build_object('counters', r.counters) END
           || CASE WHEN r.reason IS NULL THEN '{{}}'
                   ELSE jsonb_build_object('reason', r.reason) END
           || CASE WHEN r.status IN ('success', 'partial') THEN '{{}}'
                   ELSE jsonb_build_object(
                       'error_message', coalesce(r.error_message, r.reason, r.status),
                       'error_stack', r.error_stack) END
$$;

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
