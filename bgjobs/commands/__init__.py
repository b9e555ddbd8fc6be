"""One file per verb, where config, plan, run, store, host and present are joined."""
