"""The texts of a new job: its table, a handler, and the handler's test."""

from keyword import iskeyword
from typing import NamedTuple

_FILE = """\
# The jobs of this project. `bgjobs schema` prints what may stand here, for editors to complete.

[database]
# A private server beside this file, for trial; it needs: pip install 'bgjobs[embedded]'.
# In production: service = "NAME", or a url without a password such as "postgresql://app@db/app".
url = "embedded:.bgjobs"
"""

_TABLE = """
[jobs.{job}]
description = "What {job} is for"
schedule = "0 3 * * *"
enabled = false # true, when it is as it should be; then: bgjobs install-cron
select = "SELECT id FROM generate_series(1, :many) AS id" # the records to work
key = "id"
handler = "handlers.{module}:work"
params = {{ many = 3 }}
"""

_HANDLER = '''\
"""The job {job}."""

from typing import Any

from bgjobs import SKIP, Run


def work(run: Run, record: dict[str, Any]) -> Any:
    """Work one record of the job's select.

    What run.connection writes commits together with the batch; an exception is this record's
    failure and undoes what was written for it. Return None for done, or SKIP for left alone.
    """
    if record["id"] % 3 == 0:
        return SKIP
    run.count("worked")
    return None
'''

_TEST = '''\
"""The job {job}: python -m pytest {test}"""

from datetime import UTC, datetime
from uuid import UUID

from bgjobs import SKIP, Run
from handlers.{module} import work


def a_run() -> Run:
    return Run(id=UUID(int=1), job="{job}", slot=datetime(2026, 1, 1, tzinfo=UTC), params={{}})


def test_a_record_is_worked() -> None:
    run = a_run()
    assert work(run, {{"id": 1}}) is None
    assert run.counters == {{"worked": 1}}


def test_each_third_record_is_left_alone() -> None:
    assert work(a_run(), {{"id": 3}}) is SKIP
'''


class Scaffold(NamedTuple):
    """What is written for a new job; the paths are relative to the directory of jobs.toml."""

    table: str
    handler: tuple[str, str]
    test: tuple[str, str]
    file: str = _FILE


def scaffold(job: str) -> Scaffold:
    """Return the texts for a job of this name, which is a right one."""
    module = job.replace("-", "_")
    if iskeyword(module) or not module.isidentifier():
        module = f"job_{module}"
    handler, test = f"handlers/{module}.py", f"tests/test_{module}.py"
    names = {"job": job, "module": module, "test": test}
    return Scaffold(
        _TABLE.format(**names),
        (handler, _HANDLER.format(**names)),
        (test, _TEST.format(**names)),
    )
