"""Bad input: each wrong thing in jobs.toml is one line that says what, where and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bgjobs.config.load import load
from bgjobs.errors import ConfigError, ExitStatus

if TYPE_CHECKING:
    from harness.project import Project

# A jobs.toml, a line of dashes, what is said about it, a line of equals signs; and so on.
CASES = Path(__file__).with_name("bad_input.txt")


def test_each_bad_file_is_told_by_its_lines(guard: Path) -> None:
    cases = CASES.read_text("utf-8").split("=====\n")[:-1]
    said = []
    for case in cases:
        text, _ = case.split("-----\n")
        path = guard / "jobs.toml"
        path.write_text(text, "utf-8")
        with pytest.raises(ConfigError) as raised:
            load(path, {})
        said.append(f"{text}-----\n{raised.value}\n")
    assert said == cases


def test_everything_wrong_is_told_at_once_through_the_process(project: Project) -> None:
    project.write("[jobs.a]\nshedule = '@daily'\n\n[jobs.b]\nstatement = 'SELECT :x'\n")
    ended = project.bgjobs("history")
    assert (ended.returncode, ended.stdout) == (ExitStatus.BAD_CONFIG, "")
    assert ended.stderr == (
        'bgjobs: jobs.toml:3: [jobs.a] nothing to do: it needs "statement", "handler", '
        'or "select" with one of them\n'
        'bgjobs: jobs.toml:4: [jobs.a] unknown key "shedule" (did you mean "schedule"?)\n'
        "bgjobs: jobs.toml:7: [jobs.b] statement: the parameter :x is not declared; "
        "declare it: params = { x = … }\n"
    )


def test_no_file_is_one_line_through_the_process(project: Project) -> None:
    ended = project.bgjobs("history", "--config", "crm.toml")
    assert ended.returncode == ExitStatus.BAD_CONFIG
    assert ended.stderr == "bgjobs: crm.toml is not there; name a jobs.toml with --config PATH\n"
