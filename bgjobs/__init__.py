"""Scheduled batch jobs for Postgres, driven by system cron, with no daemon."""

__version__ = "0.1.0"
