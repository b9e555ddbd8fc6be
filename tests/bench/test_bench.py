"""That what `make bench` measures can be measured; its figures are looked at by people."""

import sys

import pytest

from bench.__main__ import main
from bench.figures import Aim, Figure, Row, Section, ratios, spread
from bench.measures.handler import handler
from bench.measures.history import history
from bench.measures.link import link
from bench.measures.memory import memory
from bench.measures.sql import sql
from bench.measures.start import start
from bench.measures.workers import workers
from bench.place import place
from bench.report import report
from bench.rounds import in_turn
from bench.scale import TINY


@pytest.fixture(scope="module")
def made():
    with place() as found:
        yield found


@pytest.mark.parametrize("measure", [handler, sql, link, start, memory, workers, history])
def test_every_measure_comes_to_figures(made, measure):
    for section in measure(made, TINY):
        assert all(seconds > 0 for row in section.rows for seconds in row.seconds)
        assert all(value > 0 for figure in section.figures for value in figure.values)


def test_contestants_take_turns_and_the_order_turns_too():
    order: list[str] = []
    runs = {name: lambda name=name: order.append(name) or float(len(order)) for name in "ab"}
    assert in_turn(runs, 3) == {"a": [1.0, 4.0, 5.0], "b": [2.0, 3.0, 6.0]}
    assert "".join(order) == "abbaab"
    assert in_turn(runs, 3, seconds=-1) == {"a": [7.0], "b": [8.0]}


def test_spread_is_the_median_and_the_middle_half():
    assert spread([5, 1, 3, 2, 4]) == (2, 3, 4)
    assert spread([7]) == (7, 7, 7)
    assert ratios([4, 9], [2, 3]) == [2, 3]


def test_report_sets_figures_beside_their_aims():
    rows = [Row("bgjobs", [0.5, 0.5], 1000), Row("memory", [31.5], note="MB")]
    figures = [
        Figure("faster", [0.9, 0.9], Aim(1)),
        Figure("less", [1.2], Aim(1.3, at_least=False)),
    ]
    text = report(TINY, [("processor", "quick")], [Section("Work", "How.", rows, figures)], ["oh"])
    assert "| faster | at least 1 | 0.90 (0.90 to 0.90) | missed |" in text
    assert "| less | at most 1.3 | 1.20 (1.20 to 1.20) |  |" in text
    assert "| bgjobs | 0.50 s | (0.50 to 0.50) | 2,000 |  |" in text
    assert "| memory | 31.5 MB | (31.5 to 31.5) |  |  |" in text
    assert "**oh**" in text


def test_measure_that_fails_is_told_and_keeps_none_of_the_others(tmp_path, capsys):
    kept = tmp_path / "report.md"
    arguments = ["--quick", "--out", str(kept), "--peers-python", sys.executable, "peers"]
    assert main(arguments) == 1
    assert "peers came to nothing" in kept.read_text("utf-8")
    assert kept.read_text("utf-8") in capsys.readouterr().out
