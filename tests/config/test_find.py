"""Finding jobs.toml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bgjobs.config.find import find, here
from bgjobs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def below(tmp_path: Path) -> Path:
    (tmp_path / "jobs.toml").touch()
    (tmp_path / "other.toml").touch()
    place = tmp_path / "a" / "jobs.toml" / "b"
    place.mkdir(parents=True)
    return place


def test_the_option_goes_before_the_environment(below: Path, tmp_path: Path) -> None:
    given = Path("../../../other.toml")
    assert find(given, {"BGJOBS_CONFIG": "x"}, below).resolve() == tmp_path / "other.toml"


def test_the_environment_goes_before_the_search(below: Path, tmp_path: Path) -> None:
    named = str(tmp_path / "other.toml")
    assert find(None, {"BGJOBS_CONFIG": named}, below) == tmp_path / "other.toml"


def test_it_is_found_upwards_and_a_directory_is_none(below: Path, tmp_path: Path) -> None:
    assert find(None, {}, below) == tmp_path / "jobs.toml"


def test_without_one_it_is_told_how_to_get_one() -> None:
    with pytest.raises(ConfigError) as raised:
        find(None, {}, Path("/proc/self"))
    assert str(raised.value) == (
        "no jobs.toml in /proc/self or above it; name one with --config PATH or BGJOBS_CONFIG, "
        "or begin one with: bgjobs new NAME"
    )


def test_another_user_s_is_not_taken_for_ours(
    below: Path, tmp_path: Path, require: Callable[..., str]
) -> None:
    require("root")
    os.chown(tmp_path / "jobs.toml", 65534, -1)
    with pytest.raises(ConfigError, match=r"belongs to another user \(id 65534\)"):
        find(None, {}, below)


def test_what_is_named_has_to_be_there(below: Path) -> None:
    with pytest.raises(ConfigError, match=r"^x\.toml is not there; name a jobs.toml with"):
        find(Path("x.toml"), {}, below)
    with pytest.raises(ConfigError, match=r"^\.\. is a directory; name"):
        find(Path(".."), {}, below)


def test_a_working_directory_that_was_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    os.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ConfigError, match="working directory was removed"):
        here()
