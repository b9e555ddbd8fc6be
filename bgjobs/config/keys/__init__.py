"""Every key of jobs.toml: the one table that checking, the JSON Schema and the README read."""

from bgjobs.config.keys.batches import BATCHES
from bgjobs.config.keys.file import AUDIT, CRON, DATABASE, ROOT
from bgjobs.config.keys.key import Key, table
from bgjobs.config.keys.timing import TIMING
from bgjobs.config.keys.trouble import TROUBLE
from bgjobs.config.keys.work import WORK

JOB = table(*WORK, *TIMING, *BATCHES, *TROUBLE)
DEFAULTS = table(*(key for key in JOB.values() if key.inherited))

__all__ = ["AUDIT", "CRON", "DATABASE", "DEFAULTS", "JOB", "ROOT", "Key"]
