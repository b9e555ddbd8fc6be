-- The audit table, where the team has none of its own.
CREATE TABLE IF NOT EXISTS {audit} (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    action_type text        NOT NULL,
    entity_type text        NOT NULL,
    entity_id   text,
    details     jsonb       NOT NULL DEFAULT '{{}}',
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(){columns}
);
