"""Importing the function that a job names."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bgjobs.errors import ConfigError
from bgjobs.job import Job
from bgjobs.run.handlers import accepts, load, load_of


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[[str, str], Path]]:
    """Writes a module into the directory of jobs.toml; what was imported is forgotten."""
    before, path = set(sys.modules), list(sys.path)

    def write(name: str, text: str) -> Path:
        place = tmp_path / f"{name}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return tmp_path

    yield write
    sys.path[:] = path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_function_is_found_beside_jobs_toml_also_in_a_package_or_a_class(write: Any) -> None:
    write(
        "handlers_x",
        "def work(run): return 1\nclass Set:\n  @staticmethod\n  def work(run): return 2",
    )
    folder = write("jobs_x/mails/send", "def work(run): return 3")
    assert load("handlers_x:work", "purge", folder)(None) == 1
    assert load("handlers_x:Set.work", "purge", folder)(None) == 2
    assert load("jobs_x.mails.send:work", "purge", folder)(None) == 3
    assert sys.path.count(str(folder)) == 1
    assert sys.path[-1] == str(folder)


def test_a_module_beside_jobs_toml_takes_no_installed_one_s_place(write: Any) -> None:
    folder = write("wave", "raise RuntimeError('the planted one')")
    assert load("wave:open", "purge", folder).__module__ == "wave"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("nowhere_x:work", "cannot be imported: ModuleNotFoundError: No module named 'nowhere_x'"),
        ("raising_x:work", "cannot be imported: ZeroDivisionError: division by zero"),
        ("leaving_x:work", "cannot be imported: SystemExit: 3"),
        ("broken_x:work", "cannot be imported: SyntaxError: "),
        ("handlers_x:wrok", 'handlers_x has no function wrok (did you mean "work"?)'),
        ("handlers_x:number", "handlers_x has no function number"),
        ("handlers_x:work.deeper", "handlers_x has no function work.deeper"),
    ],
)
def test_what_cannot_be_imported_is_one_line_with_the_reason(
    write: Any, reference: str, said: str
) -> None:
    write("handlers_x", "number = 7\ndef work(run): ...")
    write("raising_x", "1 / 0")
    write("leaving_x", "raise SystemExit(3)")
    folder = write("broken_x", "def work(run:\n")
    with pytest.raises(ConfigError) as raised:
        load(reference, "purge", folder)
    assert str(raised.value).startswith(f'[jobs.purge] handler "{reference}"')
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


class Method:
    def of_two(self, run: Any) -> None: ...


@pytest.mark.parametrize(
    ("function", "given", "fits"),
    [
        (lambda run, record: None, 2, True),
        (lambda run, record: None, 1, False),
        (lambda run, record=None: None, 1, True),
        (lambda *all: None, 2, True),
        (lambda run, *, record: None, 1, False),
        (Method().of_two, 1, True),
        (Method().of_two, 2, False),
        (Method.of_two, 2, True),
        (max, 2, True),
        (int.__index__, 1, True),
    ],
)
def test_a_function_has_to_take_what_it_is_given(function: Any, given: int, fits: bool) -> None:  # noqa: FBT001
    assert accepts(function, ("run", "record")[:given]) is fits


def test_a_handler_that_takes_something_else_is_refused_before_it_is_called(write: Any) -> None:
    folder = write("alone_x", "def work(run): ...")
    job = Job("purge", select="SELECT", handler="alone_x:work")
    with pytest.raises(
        ConfigError, match=r'"alone_x:work" cannot be called as work\(run, record\)$'
    ):
        load_of(job, "alone_x:work", folder)
    assert load_of(job._replace(select=None), "alone_x:work", folder) is not None
