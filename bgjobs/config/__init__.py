"""jobs.toml, checked whole before anything happens."""
