-- A run as an attempt at its slot.
SELECT id, slot, attempt, status, shards, position, started_at, parameters, key FROM {schema}.run WHERE id = %(run)s
