-- The audit table's columns, and whether each must be given a value.
SELECT attname, attnotnull AND NOT atthasdef AND attidentity = ''
  FROM pg_catalog.pg_attribute
 WHERE attrelid = to_regclass(%(name)s) AND attnum > 0 AND NOT attisdropped
 ORDER BY attnum
