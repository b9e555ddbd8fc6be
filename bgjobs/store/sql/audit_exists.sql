-- Whether the audit table is there, by the name that statements will use.
SELECT to_regclass(%(name)s) IS NOT NULL
