-- Locks a run that is said to be at work; whoever else is judging or closing it goes first.
SELECT id FROM {schema}.run WHERE id = %(run)s AND status = 'running' FOR UPDATE SKIP LOCKED
