-- Bounds how long the statements of this transaction may wait for a lock.
SELECT set_config('lock_timeout', %(lock_timeout)s, true)
