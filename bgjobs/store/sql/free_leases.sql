-- Frees a dead run's leases; a process that was only stopped is fenced off by the higher token.
UPDATE {schema}.lease
   SET run = NULL, expires_at = NULL, in_batch = NULL, stop = NULL, token = token + 1
 WHERE run = %(run)s
