"""Where state is kept on this machine."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bgjobs.host.state import state_directory


def test_place_is_the_specification_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert state_directory({"XDG_STATE_HOME": "/srv/state"}) == Path("/srv/state/bgjobs")
    assert state_directory({"XDG_STATE_HOME": "state"}) == Path("/home/ann/.local/state/bgjobs")
    assert state_directory({}) == Path("/home/ann/.local/state/bgjobs")


def test_user_without_a_home_has_a_place_all_the_same(require: Callable[..., str]) -> None:
    require("root")
    pid = os.fork()
    if pid == 0:
        del os.environ["HOME"]
        os.setuid(54321)
        os._exit(0 if state_directory({}) == Path("/var/lib/bgjobs") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
