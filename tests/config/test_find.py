"""Finding jobs.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgjobs.config.find import find
from bgjobs.errors import ConfigError


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


def test_what_is_named_has_to_be_there(below: Path) -> None:
    with pytest.raises(ConfigError, match=r"^x\.toml is not there; name a jobs.toml with"):
        find(Path("x.toml"), {}, below)
    with pytest.raises(ConfigError, match=r"^\.\. is a directory; name"):
        find(Path(".."), {}, below)
