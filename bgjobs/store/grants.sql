-- The least that a role needs to run jobs and to read their history; the grants on the jobs' own
-- tables are yours. It may not rewrite what a run is (job, slot, start), nor truncate, nor create.
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {schema}.migration TO {role};
GRANT SELECT, INSERT, DELETE ON {schema}.run TO {role};
GRANT UPDATE (status, shards, heartbeat_at, finished_at, read, processed, skipped, failed, batches,
              counters, position, error_class, error_message, error_stack, output, reason)
    ON {schema}.run TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE
    ON {schema}.lease, {schema}.failed_record, {schema}.outbox, {schema}.pause TO {role};
GRANT SELECT ON {schema}.history TO {role};
GRANT SELECT, INSERT ON {schema}.known_job TO {role};
GRANT INSERT, SELECT (details) ON {audit} TO {role};
-- Timeouts on the role hold through a pooler too; the first frees the locks of a process that vanished.
ALTER ROLE {role} SET idle_in_transaction_session_timeout = '5min';
ALTER ROLE {role} SET client_connection_check_interval = '10s';
