-- Ends the session by which a run, or one shard of it, worked before the way to it was lost: where
-- the network went silent it still waits for its client, and holds the lease. Nobody else holds that
-- for longer than a moment.
SELECT pg_terminate_backend(s.pid)
  FROM {schema}.lease AS l
  JOIN pg_catalog.pg_locks AS held
    ON held.locktype = 'transactionid' AND held.granted AND held.transactionid = l.xmax
  JOIN pg_catalog.pg_stat_activity AS s ON s.pid = held.pid AND s.pid <> pg_backend_pid()
 WHERE l.run = %(run)s AND (%(shard)s::int IS NULL OR l.shard = %(shard)s)
   AND s.application_name = current_setting('application_name')
   -- Amid a pipeline it counts as active.
   AND s.wait_event = 'ClientRead'
   AND s.state_change < clock_timestamp() - interval '1 second'
