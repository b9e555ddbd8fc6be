-- Locks a run that is said to be at work, waiting for whoever is judging or closing it: a start that
-- did not wait would find its own job's dead run neither buried nor at rest, and give way to it.
SELECT id FROM {schema}.run WHERE id = %(run)s AND status = 'running' FOR UPDATE
