-- Locks a run's leases: a lease that cannot be locked has a batch in flight, so its run is alive.
WITH locked AS (
    SELECT expires_at FROM {schema}.lease WHERE run = %(run)s FOR UPDATE SKIP LOCKED)
SELECT count(*) = (SELECT count(*) FROM {schema}.lease WHERE run = %(run)s),
       coalesce(max(expires_at) > clock_timestamp(), false)
  FROM locked
