-- Bounds how long the statements of this transaction may take.
SELECT set_config('statement_timeout', %(patience)s, true)
