"""Contestants for the same records: each on a fresh copy of the tasks, its work looked at after."""

from collections.abc import Callable
from typing import NamedTuple

from bench import jobs
from bench.place import Place
from bench.program import Runner, Taken
from bench.rounds import Run

_SUM = "SELECT count(score), coalesce(sum(score), 0) FROM task"


class Contest(NamedTuple):
    """So many records of a place, for different programs to work; `url` is how to reach them."""

    place: Place
    records: int
    url: str

    def bgjobs(self, job: str) -> Run:
        """`bgjobs run score`, the whole process."""

        def run() -> Taken:
            self.place.project(job, self.url)
            return self.place.runner.bgjobs("run", "score")

        return self._checked(run)

    def script(self, name: str, *arguments: object) -> Run:
        """One of programs/, the whole process."""
        return self._checked(lambda: self.place.runner.script(name, *arguments))

    def sample(self, python: str, name: str, *arguments: object, of: float) -> Run:
        """One of programs/ over every `of`th record: the seconds it prints, times as many."""
        runner = Runner(self.place.home, python)

        def run() -> float:
            self.place.fresh(self.records)
            jobs.put_handlers(self.place.home)
            seconds = float(runner.script(name, *arguments).printed)
            done = self.place.ask(_SUM)[0]
            if done != round(self.records / of):
                raise RuntimeError(f"{name} worked {done} records, not {self.records / of:.0f}")
            return seconds * of

        return run

    def _checked(self, run: Callable[[], Taken]) -> Run:
        def checked() -> float:
            self.place.fresh(self.records)
            jobs.put_handlers(self.place.home)
            seconds = run().seconds
            done, total = self.place.ask(_SUM)
            expected = self.place.ask(_EXPECTED)[0]
            if (done, total) != (self.records, expected):
                raise RuntimeError(f"{done} of {self.records} records were worked")
            return seconds

        return checked


_EXPECTED = """
SELECT sum((details->>'effort')::int * 3 + jsonb_array_length(details->'tags')
           + (details->'client'->>'tier')::int + CASE WHEN (details->'urgent')::boolean THEN 50
                                                      ELSE 0 END) FROM task
"""
