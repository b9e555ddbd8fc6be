import getpass
from collections.abc import Callable
from pathlib import Path

from bgjobs.host.rehearsal import rehearse
from bgjobs.host.state import state_directory, unwritable
from harness.cron import throwaway_user

SHOW = "env | sort; pwd; umask; cat"


def test_the_environment_is_as_bare_as_crons(tmp_path: Path) -> None:
    me = getpass.getuser()
    shown = rehearse(SHOW, me, {"HOME": str(tmp_path), "MAILTO": "x", "LOGNAME": "no"}, 60)
    assert shown.status == 0
    assert shown.output.splitlines() == [
        f"HOME={tmp_path}",
        f"LOGNAME={me}",
        "MAILTO=x",
        "PATH=/usr/bin:/bin",
        f"PWD={tmp_path}",
        "SHELL=/bin/sh",
        str(tmp_path),
        "0022",
    ]


def test_as_root_it_is_the_crontabs_user_that_starts(require: Callable[..., str]) -> None:
    require("root")
    with throwaway_user() as name:
        shown = rehearse("id -un; id -Gn; pwd; echo no >&2; exit 3", name, {}, 60)
    assert shown == (3, f"{name}\n{name}\n/\n", "no\n")


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    assert rehearse("exec sleep 60", getpass.getuser(), {}, 0.1).status is None


def test_a_shell_that_is_not_there_is_told() -> None:
    shown = rehearse("true", getpass.getuser(), {"SHELL": "/bin/none"}, 60)
    assert (shown.status, shown.errors) == (127, "/bin/none: No such file or directory")


def test_the_state_directory(tmp_path: Path) -> None:
    assert state_directory({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "bgjobs"
    assert state_directory({"XDG_STATE_HOME": "relative"}) == Path.home() / ".local/state/bgjobs"
    assert unwritable(tmp_path / "new/bgjobs") is None
    (tmp_path / "file").write_text("")
    assert "Not a directory" in (unwritable(tmp_path / "file/bgjobs") or "")
