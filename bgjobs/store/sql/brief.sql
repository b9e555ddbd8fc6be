-- Bounds the rest of a transaction in time: housekeeping must not stand in the way of work.
SELECT set_config('statement_timeout', '5s', true), set_config('lock_timeout', '1s', true)
