"""`python -m bench`: measures, prints the report, and keeps that of a whole run."""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import virtual
from bench.figures import Section
from bench.machine import machine
from bench.measures.handler import handler
from bench.measures.history import history
from bench.measures.link import link
from bench.measures.memory import memory
from bench.measures.peers import peers
from bench.measures.sql import sql
from bench.measures.start import start
from bench.measures.workers import workers
from bench.place import Place, place
from bench.report import report
from bench.scale import FULL, QUICK, Scale

_RESULTS = Path(__file__).parent / "RESULTS.md"
_NAMES = ("handler", "sql", "link", "start", "memory", "workers", "peers", "history")
Measure = Callable[[Place, Scale], list[Section]]


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; 1 where a measure came to nothing."""
    asked = _parser().parse_args(arguments)
    # Ended from outside, it leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scale = QUICK if asked.quick else FULL
    out = asked.out or (_RESULTS if scale is FULL and not asked.measures else None)
    with place() as made:

        def keep(sections: list[Section], failures: list[str]) -> str:
            text = report(scale, machine(made), sections, failures)
            if out is not None:
                out.write_text(text, "utf-8")
            return text

        names = asked.measures or _NAMES
        sections, failures = _measured(made, scale, names, asked.peers_python, keep)
        print(keep(sections, failures))
    return 1 if failures else 0


def _measured(
    made: Place,
    scale: Scale,
    names: Sequence[str],
    peers_python: str | None,
    keep: Callable[[list[Section], list[str]], str],
) -> tuple[list[Section], list[str]]:
    sections: list[Section] = []
    failures: list[str] = []
    for name in names:
        began = time.monotonic()
        try:
            sections += _measure(name, made, peers_python)(made, scale)
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            failures.append(f"{name} came to nothing: {error}")
        # A run that is ended early has then not measured in vain.
        keep(sections, failures)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return sections, failures


def _measure(name: str, made: Place, peers_python: str | None) -> Measure:
    if name == "peers":
        return partial(peers, python=peers_python or virtual.python_with_peers(made.home))
    measures: dict[str, Measure] = {
        "handler": handler,
        "sql": sql,
        "link": link,
        "start": start,
        "memory": memory,
        "workers": workers,
        "history": history,
    }
    return measures[name]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measures", nargs="*", choices=[*_NAMES, []], metavar="MEASURE")
    parser.add_argument("--quick", action="store_true", help="small tables, few rounds")
    parser.add_argument("--out", type=Path, help="where to keep the report")
    parser.add_argument("--peers-python", help="an interpreter that has the other tools")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
