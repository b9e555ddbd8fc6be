-- Ends a pause, and tells of one that was still in force.
DELETE FROM {schema}.pause WHERE job = %(job)s
RETURNING until IS NULL OR until > clock_timestamp()
