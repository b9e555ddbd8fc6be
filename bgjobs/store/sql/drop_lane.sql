-- Removes the leases of a run that had a lane of its own.
DELETE FROM {schema}.lease WHERE job = %(job)s AND lane = %(lane)s AND run IS NULL
