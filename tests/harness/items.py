"""Jobs that work 35 items in batches of ten, and what became of them."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.project import Project

BOUND = 60
ITEMS = """
CREATE TABLE item (id int PRIMARY KEY, note text, done int NOT NULL DEFAULT 0);
CREATE TABLE effect (id int NOT NULL, what text);
INSERT INTO item SELECT n, 'note ' || n FROM generate_series(1, 35) AS n;
"""
HANDLERS = """
import os, signal, sys, time
from bgjobs import SKIP

def row(run, record):
    return {"id": record["id"]}

def poison(run, record):
    run.count("worked")
    if record["id"] % 10 == 3:
        raise ValueError(f"no {record['id']}")
    return SKIP if record["id"] == 5 else {"id": record["id"]}

def leak(run, record):
    print("the key is", run.params["key"], flush=True)
    run.log.warning("again %s", run.params["key"])
    raise RuntimeError(f"refused with {run.params['key']}")

def tries(run):
    (number,) = run.connection.execute("SELECT count(*) FROM bgjobs.run WHERE job = %s", [run.job]).fetchone()
    if number < 3:
        raise ConnectionError(f"try {number}")
    return 7

def gate(run, record):
    # Waits where the test has put a file, and says so.
    here = os.environ["GATE"] + str(record["id"])
    open(here + ".reached", "w").close()
    while os.path.exists(here):
        time.sleep(0.01)
    return {"id": record["id"]}

def hang(run, record):
    if record["id"] == 15:
        time.sleep(600)
    return {"id": record["id"]}

def deaf(run, record):
    while record["id"] == 15:
        try:
            time.sleep(600)
        except BaseException:
            pass
    return {"id": record["id"]}

def leave(run, record):
    print("about to leave", flush=True)
    if record["id"] == 15:
        os._exit(0)
    return {"id": record["id"]}

def crash(run, record):
    if record["id"] == 15:
        os.kill(os.getpid(), signal.SIGSEGV)
    return {"id": record["id"]}
"""
SELECT = 'select = "SELECT id, note FROM item"\nkey = "id"\nbatch_size = 10\n'
INSERT = 'statement = "INSERT INTO effect SELECT id FROM batch"\n'
BLOCK = """\
bgjobs: job {job} {what}
{place}  slot {slot}, host {host}
  run {run}
  records: {records}
{stack}  more: bgjobs show {short}
  next: {next}
"""
Row = dict[str, Any]


def job(name: str, *lines: str) -> str:
    """A job's table."""
    return f"[jobs.{name}]\n" + "\n".join(lines) + "\n"


def handler(name: str, *lines: str, function: str = "") -> str:
    """The table of a job with a handler; what it returns is inserted into `effect`."""
    return job(name, SELECT, INSERT, f'handler = "handlers:{function or name}"', *lines)


def run_of(work: Project, name: str) -> Row:
    """The newest run of a job."""
    return work.rows(
        "SELECT * FROM bgjobs.run WHERE job = %s ORDER BY started_at DESC LIMIT 1", [name]
    )[0]


def audit(work: Project) -> list[Row]:
    """The details of each audit row."""
    return [
        row["details"] for row in work.rows("SELECT details FROM audit_log ORDER BY created_at")
    ]


def effects(work: Project) -> list[int]:
    """What was done."""
    return [row["id"] for row in work.rows("SELECT id FROM effect ORDER BY id")]


def told(work: Project, name: str, what: str, records: str, following: str, *stack: str) -> str:
    """The block of lines about a job's newest run."""
    run = run_of(work, name)
    place = [f"  at {line.strip().removeprefix('File ')}\n" for line in stack if "File " in line]
    return BLOCK.format(
        job=name,
        what=what,
        place=place[-1] if place else "",
        slot=run["slot"].isoformat(),
        host=run["host"],
        run=run["id"],
        records=records,
        stack="\n" + "".join(f"  {line}\n" for line in stack) + "\n" if stack else "",
        short=str(run["id"])[:8],
        next=following,
    )


def wait_for(condition: Callable[[], object]) -> None:
    """Return once it is true."""
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process; its status, and what it said on stderr."""
    out, err = process.communicate(timeout=BOUND)
    assert out == ""
    return process.returncode, err


class Gates:
    """Places at which the handler `gate` waits."""

    def __init__(self, work: Project) -> None:
        self.work = work
        self.place = work.path / "gate"
        self.env = {"GATE": str(self.place)}

    def shut(self, record: int) -> None:
        Path(f"{self.place}{record}").touch()

    def open(self, record: int) -> None:
        Path(f"{self.place}{record}").unlink()

    def wait(self, record: int, process: subprocess.Popen[str]) -> None:
        reached = Path(f"{self.place}{record}.reached")
        wait_for(lambda: reached.exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()

    def start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        return self.work.start("run", name, *arguments, env=self.env)
