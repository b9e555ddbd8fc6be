"""The faults that the tests put real processes through, with what must come of each.

A test states its fault as data; afterwards one clean run follows, the books are read, and states,
audit rows and exit statuses are compared with what is stated. docs/faults.md is this catalogue.
"""

import functools
import signal
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from chaos.trial import Trial

_ABSENT = "-"
_HEAD = """\
# Faults

What bgjobs was put through, and what it said of it. Each line is a test of `tests/chaos` with real
processes and a real server: the fault first, then one clean run of the same slot. After that the
tables alone have to show that each record was done exactly once, that no run is left running and no
lease held, that each run has its audit row, that a slot succeeded once, and that no secret was
stored or said. *Ledger* and *audit* list the states of all the job's runs, the clean one's last;
*exit* those of the processes that met the fault.

| fault | jobs | ledger | audit | exit | outcome |
|---|---|---|---|---|---|
"""


class Fault(NamedTuple):
    """One fault; states and statuses are words with blanks between, in their order.

    `shapes` are the jobs that meet it. An exit status is a number, or the signal of a death.
    """

    name: str
    ledger: str
    audit: str
    exits: str
    shapes: str = "rows"

    def __str__(self) -> str:
        return self.name


CATALOGUE: dict[str, Fault] = {}
_OUTCOMES: dict[str, str] = {}


def listed(faults: Iterable[Fault]) -> Sequence[Fault]:
    """Enter faults that one test goes through in turn."""
    entered = list(faults)
    CATALOGUE.update({one.name: one for one in entered})
    return entered


def fault(
    name: str, *, ledger: str, audit: str, exits: str, shapes: str = "rows"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter the fault that a test is about, and check what came of it when the test is through."""
    (stated,) = listed([Fault(name, ledger, audit, exits, shapes)])

    def around(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def checked(**fixtures: Any) -> None:
            test(**fixtures)
            (trial,) = [given for given in fixtures.values() if isinstance(given, Trial)]
            check(trial, stated)

        return checked

    return around


def check(trial: Trial, *stated: Fault) -> None:
    """Compare what the starts came to, run each job cleanly, compare the ledger, read the books."""
    met = {job: _words(one.exit for one in trial.started if one.job == job) for job in trial.jobs}
    trial.settle()
    of_job = {shape: one for one in stated for shape in one.shapes.split()}
    found = {job: (_words(trial.ledger(job)), _words(trial.audit(job)), met[job]) for job in of_job}
    wanted = {job: (one.ledger, one.audit, one.exits) for job, one in of_job.items()}
    assert found == wanted, "\n".join(one.err for one in trial.started)
    held(*stated)


def held(*stated: Fault) -> None:
    """Note that all was as stated, by a test that looks for itself."""
    _OUTCOMES.update({one.name: "each record once" for one in stated})


def document() -> str:
    """The catalogue as it stands in the documentation, with what the tests of this session saw."""
    lines = [
        f"| {_cell(one.name)} | {one.shapes} | {_cell(one.ledger)} | {_cell(one.audit)} "
        f"| {_cell(one.exits)} | {_OUTCOMES.get(one.name, 'not tried')} |\n"
        for one in CATALOGUE.values()
    ]
    return _HEAD + "".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or _ABSENT


def _words(found: Iterable[object]) -> str:
    """In a row, those that are the same one after the other as "word*times"."""
    words: list[tuple[str, int]] = []
    for one in found:
        word = signal.Signals(-one).name if isinstance(one, int) and one < 0 else str(one)
        if words and words[-1][0] == word:
            words[-1] = (word, words[-1][1] + 1)
        else:
            words.append((word, 1))
    return " ".join(word if times == 1 else f"{word}*{times}" for word, times in words)
