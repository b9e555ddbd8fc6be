-- Asks a job's living runs to stop at their next batch; waits for one that is in flight.
UPDATE {schema}.lease SET stop = %(reason)s WHERE job = %(job)s AND run IS NOT NULL RETURNING run
