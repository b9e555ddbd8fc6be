"""Files that cannot be read, or must not be trusted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bgjobs.config.load import load
from bgjobs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def written(directory: Path, text: str, mode: int = 0o644) -> Path:
    path = directory / "jobs.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_what_cannot_be_read_is_told(guard: Path) -> None:
    path = guard / "jobs.toml"
    with pytest.raises(ConfigError, match=r"cannot be read: No such file or directory$"):
        load(path, {})
    path.write_bytes(b'a = 1\nb = "\xff"\n')
    with pytest.raises(ConfigError, match=r"/jobs\.toml:2: not UTF-8$"):
        load(path, {})
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory$"):
        load(path, {})


@pytest.mark.parametrize("what", ["mode", "owner", "parent"])
def test_root_runs_nothing_that_others_can_change(
    guard: Path, require: Callable[..., str], what: str
) -> None:
    require("root")
    path = written(guard, "")
    load(path, {})
    if what == "mode":
        path.chmod(0o646)
    elif what == "owner":
        os.chown(path, 65534, -1)
    else:
        path.parent.chmod(0o777)
    with pytest.raises(ConfigError, match="can be changed by others than root"):
        load(path, {})
    path.parent.chmod(0o1777)
    if what == "parent":
        load(path, {})
