"""The jobs that are measured, as jobs.toml spells them."""

import shutil
from pathlib import Path

from bench.program import PROGRAMS

SELECT = "SELECT id, title, due_date, details FROM task"
BATCH = 1000
HANDLER = f"""
[jobs.score]
select = "{SELECT}"
key = "id"
batch_size = {BATCH}
handler = "scoring:work"
statement = "UPDATE task SET score = batch.score FROM batch WHERE task.id = batch.id"
"""

SET_SELECT = "SELECT id, details FROM task"
SET_UPDATE = """
UPDATE task
   SET score = (batch.details->>'effort')::int * 3 + jsonb_array_length(batch.details->'tags')
             + (batch.details->'client'->>'tier')::int
             + CASE WHEN (batch.details->'urgent')::boolean THEN 50 ELSE 0 END
  FROM batch WHERE task.id = batch.id
"""
SET_BASED = f"""
[jobs.score]
select = "{SET_SELECT}"
key = "id"
batch_size = {BATCH}
statement = '''{SET_UPDATE}'''
"""

NOOP = """
[jobs.noop]
statement = "SELECT 1"
"""


def hard(workers: int, rounds: int) -> str:
    """The handler's job with so many rounds of arithmetic a record, split over workers."""
    job = HANDLER.replace("scoring:work", "scoring:work_hard")
    return f"{job}workers = {workers}\nparams = {{ rounds = {rounds} }}\n"


def put_handlers(home: Path) -> Path:
    """Copy the handlers beside jobs.toml; returns the folder."""
    shutil.copy(PROGRAMS / "scoring.py", home / "scoring.py")
    return home
