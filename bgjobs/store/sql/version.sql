-- The newest migration that was applied, 0 for none.
SELECT coalesce(max(number), 0) FROM {schema}.migration
