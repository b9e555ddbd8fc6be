-- How far the slowest standby is behind in seconds; null where none is, or none may be seen.
SELECT max(extract(epoch FROM replay_lag)) FROM pg_catalog.pg_stat_replication
