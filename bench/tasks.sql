-- The table that everybody works on; a record carries what a small case file would.
CREATE TABLE task (
    id       bigint      PRIMARY KEY,
    title    text        NOT NULL,
    due_date timestamptz NOT NULL,
    details  jsonb       NOT NULL,
    score    int
);

-- Where a loop by hand keeps how far it has come.
CREATE TABLE checkpoint (job text PRIMARY KEY, last bigint NOT NULL, done bigint NOT NULL);
INSERT INTO checkpoint VALUES ('score', 0, 0);

INSERT INTO task (id, title, due_date, details)
SELECT i,
       (ARRAY['Draft', 'File', 'Review', 'Serve', 'Collect'])[1 + (i % 5)::int] || ' the papers of case ' || i,
       timestamptz '2026-01-01 09:00+00' + make_interval(mins => (i % 500000)::int),
       jsonb_build_object(
           'client', jsonb_build_object('name', 'Client ' || i % 9973, 'tier', i % 4),
           'effort', i % 40, 'urgent', i % 7 = 0,
           'tags', jsonb_build_array('court', 'tag ' || i % 23, 'tag ' || i % 31),
           'note', 'Filed by clerk ' || i % 61 || ', to be looked at before the hearing')
  FROM generate_series(1, {records}::bigint) AS i;

-- Visible to all, so that no run is the first to say so.
VACUUM (FREEZE, ANALYZE) task;
