"""The machine around us: crontab(1), process identity, locks, the embedded Postgres."""
