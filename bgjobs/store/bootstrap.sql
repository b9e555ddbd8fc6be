-- Where the migrations that were applied are kept.
CREATE TABLE IF NOT EXISTS {schema}.migration (
    number     int         PRIMARY KEY,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
