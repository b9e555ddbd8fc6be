"""A table of items and a job on it, whose handler does as files beside it say."""

from typing import Any

from harness.project import Project

TABLE = """CREATE TABLE item (id int PRIMARY KEY, grp int, done int NOT NULL DEFAULT 0);
           INSERT INTO item SELECT i, i / 50 FROM generate_series(1, {number}) AS i"""
WORK = """
import os, signal, time

def work(run, record):
    run.count("seen")
    if record["id"] % 50 == 0:
        print("shard", run.shard, "of", run.shards, "is at", record["id"])
    for name in (f"hold-{record['id']}", f"hold-shard-{run.shard}"):
        if os.path.exists(name):
            open(f"held-{run.shard}", "w").close()
            while os.path.exists(name) and not run.stopping:
                time.sleep(0.01)
    fate = f"fate-{record['id']}"
    if os.path.exists(fate):
        what = open(fate).read()
        if what == "raise":
            raise ValueError(f"record {record['id']} is bad")
        if what == "once":
            os.unlink(fate)
            raise SystemExit(3)
        os.kill(os.getpid(), getattr(signal, what))
    return {"id": record["id"]}
"""
JOB = """
[jobs.work]
select = "SELECT id, grp FROM item"
key = "id"
batch_size = 10
workers = {workers}
handler = "handlers:work"
statement = "UPDATE item SET done = done + 1 FROM batch WHERE item.id = batch.id"
retry_delay = 0.01
"""
_RUNS = """SELECT id, host, status, trigger, attempt, shards, read, processed, failed, batches,
                  counters, error_class, error_message, error_stack, output, reason, position
             FROM bgjobs.run WHERE status <> 'skipped' ORDER BY started_at, attempt"""
_AUDIT = """SELECT details ->> 'outcome' AS outcome,
                   (details ->> 'records_processed')::int AS done
              FROM audit_log ORDER BY (details ->> 'attempt')::int"""


class Items:
    """A project with so many items, worked by so many workers."""

    def __init__(self, project: Project, number: int = 300, *, workers: int = 3) -> None:
        self.project = project
        self.path = project.path
        self.workers = workers
        project.rows(TABLE.format(number=number))
        project.handlers(WORK)
        self.configure()

    def configure(self, more: str = "", *, workers: int | None = None) -> None:
        """Write jobs.toml with more keys of the job."""
        self.project.write(JOB.format(workers=workers or self.workers) + more)

    def run(self, status: int, *more: str, **env: str) -> str:
        """Run the job to an end with that status; returns what it said."""
        done = self.project.bgjobs("run", "work", *more, env=env)
        assert done.returncode == status, done.stderr
        return done.stderr

    def hold(self, *names: object) -> None:
        """Have the handler wait at these records, or at "shard-N", and say that it does."""
        for name in names:
            (self.path / f"hold-{name}").touch()

    def held(self) -> int:
        """How many shards have come to where they wait."""
        return len(list(self.path.glob("held-*")))

    def go_on(self, *names: object) -> None:
        """Let the handler go on, everywhere where no name is given."""
        found = [self.path / f"hold-{name}" for name in names]
        for file in found or list(self.path.glob("hold-*")):
            file.unlink()

    def fate(self, record: int, what: str | None) -> None:
        """What becomes of the handler at a record: "raise", "once" or a signal; None is nothing."""
        file = self.path / f"fate-{record}"
        if what is None:
            file.unlink()
        else:
            file.write_text(what)

    @property
    def each_once(self) -> bool:
        """Whether each item was worked once."""
        return self.project.rows("SELECT DISTINCT done FROM item") == [{"done": 1}]

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs that were not skipped, oldest first."""
        return self.project.rows(_RUNS)

    @property
    def only_run(self) -> dict[str, Any]:
        """The one run there is."""
        (row,) = self.runs
        return row

    @property
    def audit(self) -> list[tuple[str, int]]:
        """The audit rows: outcome and number of records."""
        return [(row["outcome"], row["done"]) for row in self.project.rows(_AUDIT)]

    def number(self, query: str) -> Any:
        """The one value that a query returns."""
        (row,) = self.project.rows(query)
        (value,) = row.values()
        return value

    @property
    def leases_held(self) -> int:
        """How many leases are not free."""
        found: int = self.number("SELECT count(*) FROM bgjobs.lease WHERE run IS NOT NULL")
        return found
