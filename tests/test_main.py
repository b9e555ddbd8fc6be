"""The process: what it says and how it ends."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bgjobs import __version__
from bgjobs.errors import ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from harness.project import Project

PROGRAM = (sys.executable, "-I", "-m", "bgjobs")


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)


def python(code: str) -> subprocess.CompletedProcess[str]:
    whole = f"import sys\nfrom bgjobs.__main__ import main\n{code}\nmain()\n"
    return subprocess.run(
        [sys.executable, "-Ic", whole], capture_output=True, text=True, check=False
    )


def test_the_version_is_printed() -> None:
    ended = ran("--version")
    assert (ended.returncode, ended.stdout) == (0, f"bgjobs {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["histroy"],
            "bgjobs: No such command 'histroy'. Did you mean 'history'? (see: bgjobs --help)\n",
        ),
        (
            ["run", "purge", "--dry-rum"],
            "bgjobs: No such option: --dry-rum (Possible options: --dry-run) (see: bgjobs run --help)\n",
        ),
        (["pause"], "bgjobs: Missing argument 'NAME'. (see: bgjobs pause --help)\n"),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: list[str], said: str) -> None:
    ended = ran(*arguments)
    assert (ended.returncode, ended.stdout, ended.stderr) == (ExitStatus.USAGE, "", said)


def test_no_command_shows_the_commands() -> None:
    ended = ran()
    assert ended.returncode == ExitStatus.USAGE
    assert "Commands:\n" in ended.stderr


def test_a_reader_that_leaves_is_no_failure(guard: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_bug_is_shown_whole_and_without_secrets() -> None:
    ended = python(
        "class Broken:\n"
        "    def __getattr__(self, name): raise LookupError('postgresql://app:S3cr3t@db')\n"
        "sys.modules['bgjobs.commands.schema'] = Broken()\n"
        "sys.argv = ['bgjobs', 'schema']"
    )
    assert ended.returncode == ExitStatus.BUG
    first, *_, error, last = ended.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert error == "LookupError: postgresql://app:***@db"
    assert last == (
        f"bgjobs: this is a bug in bgjobs {__version__}; please report it with the lines above"
    )


def test_ctrl_c_ends_without_a_word() -> None:
    ended = python(
        "class Stopped:\n"
        "    def __getattr__(self, name): raise KeyboardInterrupt\n"
        "sys.modules['bgjobs.commands.schema'] = Stopped()\n"
        "sys.argv = ['bgjobs', 'schema']"
    )
    assert (ended.returncode, ended.stderr) == (ExitStatus.INTERRUPTED, "")


def test_what_was_left_for_the_end_is_done_at_a_prompt_end() -> None:
    ended = python(
        "import atexit\n"
        "atexit.register(lambda: print('left for the end'))\n"
        "sys.argv = ['bgjobs', '--version']"
    )
    assert ended.returncode == 0
    assert ended.stdout == f"bgjobs {__version__}\nleft for the end\n"


def test_an_error_keeps_its_status_when_nobody_can_be_told() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        ended = subprocess.run(
            [*PROGRAM, "history", "--config", "nowhere.toml"], stderr=full, check=False
        )
    assert ended.returncode == ExitStatus.BAD_CONFIG
    closed = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *PROGRAM, "history", "--config", "no.toml"]
    assert subprocess.run(closed, check=False).returncode == ExitStatus.BAD_CONFIG


def test_output_that_a_full_disk_cut_is_no_success() -> None:
    for command in ("schema", "--version"):  # more and less than what is held back
        with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
            ended = subprocess.run(
                [*PROGRAM, command], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert ended.returncode == ExitStatus.NOT_NOW
        assert ended.stderr == ("bgjobs: the output cannot be written: No space left on device\n")


def test_completion_prints_its_answer_and_nothing_else(project: Project) -> None:
    asked = {"_BGJOBS_COMPLETE": "complete_bash", "COMP_WORDS": "bgjobs hist", "COMP_CWORD": "1"}
    done = project.bgjobs(env=asked)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "history", "")
