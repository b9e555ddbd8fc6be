"""The faults that the tests put real processes through, with what must come of each.

A test states its fault as data; afterwards one clean run follows, the books are read, and states,
audit rows and exit statuses are compared with what is stated. docs/faults.md is this catalogue.
"""

import functools
import signal
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

from chaos.trial import Trial

_NOT_TRIED = "not tried: it needs root, or a program that was not there"
_TABLE = """\
| fault | jobs | ledger | audit | exit | outcome |
|---|---|---|---|---|---|
"""
_HEAD = """\
# Faults

What bgjobs was put through, and what it said of it. Each line is a test of `tests/chaos` with real
processes and a real server, written by the tests that ran: the fault first, then one clean run of
the same slot. After that the tables alone have to show that each record was done exactly once, that
no run is left running and no lease held, that each run has its audit row, that the runs' counts add
up, that a slot succeeded once, and that no secret was stored or said.

*Ledger* and *audit* list the states of all the job's runs, the clean one's last where there was
something left to do; *exit* those of the processes that met the fault. The *jobs* are of these
kinds, each with one effect per record:

- `set`: a select and a statement over its batches
- `rows`: a handler per record, whose returned rows a statement writes
- `own`: a handler per record that writes through `run.connection`
- `once`: a single statement
- `call`: a single call of a handler
- `shared`: as `rows`, worked by two processes
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


_OUTCOMES: dict[str, str] = {}
# In the order of the documentation; each is headed by the first line of its module.
_MODULES = (
    "test_kill_points",
    "test_faults_handler",
    "test_faults_host",
    "test_faults_clock",
    "test_faults_server",
    "test_faults_locks",
    "test_faults_network",
    "test_pooled",
)


def fault(
    name: str, *, ledger: str, audit: str, exits: str, shapes: str = "rows"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """State the fault that a test is about, and check what came of it when the test is through."""
    stated = Fault(name, ledger, audit, exits, shapes)

    def around(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def checked(**fixtures: Any) -> None:
            test(**fixtures)
            (trial,) = [given for given in fixtures.values() if isinstance(given, Trial)]
            check(trial, stated)

        checked.stated = stated
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


def chapters() -> Iterator[tuple[str, list[Fault]]]:
    """Each module's heading, and the faults that are stated in it."""
    for name in _MODULES:
        module = import_module(f"chaos.{name}")
        yield str(module.__doc__).splitlines()[0].rstrip("."), list(_stated(vars(module).values()))


def _stated(values: Iterable[Any]) -> Iterator[Fault]:
    for value in values:
        found = getattr(value, "stated", value)
        if isinstance(found, Fault):
            yield found
        elif isinstance(found, list | tuple):
            yield from _stated(found)


def document() -> str:
    """The catalogue as it stands in the documentation, with what the tests of this session saw."""
    text = _HEAD
    for heading, faults in chapters():
        text += f"\n## {heading}\n\n{_TABLE}"
        text += "".join(f"{row(one)} {_OUTCOMES.get(one.name, _NOT_TRIED)} |\n" for one in faults)
    return text


def row(stated: Fault) -> str:
    """A fault's line in the documentation, but for its outcome."""
    _, *told = stated._replace(shapes=stated.shapes.replace(" ", ", "))
    ledger, audit, exits, shapes = told
    return f"| {stated.name} | {shapes} | `{ledger}` | `{audit}` | `{exits}` |"


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
