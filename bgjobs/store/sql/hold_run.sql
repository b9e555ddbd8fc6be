-- Locks a run's row for as long as one process splits its records; who waited finds them split.
SELECT status = 'running' FROM {schema}.run WHERE id = %(run)s FOR UPDATE
