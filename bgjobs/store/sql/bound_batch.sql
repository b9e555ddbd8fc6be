-- Bounds the statements of a dry run's batch as those of a real one are.
SELECT set_config('lock_timeout', %(lock_timeout)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('extra_float_digits', '1', true)
