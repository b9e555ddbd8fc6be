-- How many other sessions wait for a lock and use the table, or wait for it itself.
SELECT count(DISTINCT used.pid)
  FROM pg_catalog.pg_locks AS used
  JOIN pg_catalog.pg_locks AS waited ON waited.pid = used.pid AND NOT waited.granted
 WHERE used.relation = to_regclass(%(table)s) AND used.pid <> pg_backend_pid()
   AND used.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
