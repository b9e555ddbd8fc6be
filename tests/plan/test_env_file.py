import pytest

from bgjobs.errors import ConfigError
from bgjobs.plan.env_file import read_env_file


def test_one_variable_a_line_with_or_without_quotes() -> None:
    text = "# made by hand\n\nA=1\nexport B='x y'\n  C=\"a=b\"\nD=\nE='\n"
    expected = {"A": "1", "B": "x y", "C": "a=b", "D": "", "E": "'"}
    assert read_env_file(text, "f") == expected


def test_the_environment_of_a_process_as_proc_has_it() -> None:
    assert read_env_file("A=1\0B=x\ny\0", "f") == {"A": "1", "B": "x\ny"}


def test_a_line_that_is_none_is_told_without_its_text() -> None:
    with pytest.raises(ConfigError, match=r"^/run/env:2: this is not NAME=value$"):
        read_env_file("A=1\nhunter2\n", "/run/env")
