-- The ledger of a team with {jobs} jobs: one that ran every quarter of an hour until the past year,
-- the others until now.
SET maintenance_work_mem = '512MB';

-- Built at the end, indexes take a third of the time.
CREATE TEMP TABLE kept AS
SELECT indexrelid::regclass AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index WHERE indrelid = 'bgjobs.run'::regclass AND NOT indisprimary;
DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM kept LOOP EXECUTE 'DROP INDEX ' || i.name; END LOOP; END $$;

INSERT INTO bgjobs.run (id, job, slot, trigger, status, attempt, host, pid, version, started_at,
                        heartbeat_at, finished_at, read, processed, batches, error_message,
                        reason)
SELECT gen_random_uuid(), 'job-' || i % {jobs}, slot, 'cron', state, 1, 'web' || i % 3, 4711, '1',
       slot, slot + interval '40 s', slot + interval '42 s', i % 2000, i % 2000, 1 + i % 2,
       CASE WHEN state = 'failed' THEN 'relation "taks" does not exist' END,
       CASE WHEN state = 'skipped' THEN 'another run holds the lease' END
  FROM generate_series(1, {runs}) AS i,
       LATERAL (SELECT now() - make_interval(mins => 15 * (({runs} - i) / {jobs}))
                       - CASE WHEN i % {jobs} = 0 THEN interval '1 year' ELSE '0' END) AS s (slot),
       LATERAL (SELECT CASE WHEN i % 50 = 7 * (i / {jobs} % 7) THEN 'failed'
                            WHEN i % 10 = 3 THEN 'skipped' ELSE 'success' END) AS t (state);

DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM kept LOOP EXECUTE i.definition; END LOOP; END $$;

VACUUM (ANALYZE) bgjobs.run;
