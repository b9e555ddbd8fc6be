"""Every statement stands in a file of its own, says what it does, and is used in one place."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

STORE = Path(__file__).resolve().parents[1] / "bgjobs/store"
FILES = sorted((STORE / "sql").glob("*.sql"))
QUOTED = re.compile(r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)


def without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


def executed(file: Path) -> set[str]:
    """The first arguments of the calls in a file: a statement is called for by its name."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"execute", "_bites"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_statement_is_explained_single_and_binds_outside_quotes(file):
    text = file.read_text("utf-8")
    assert re.match(r"-- \w.{10,}", text)
    bare = without_comments(text)
    outside = QUOTED.sub("''", bare).strip()
    assert ";" not in outside.removesuffix(";")
    for quoted in QUOTED.finditer(bare):
        assert "%(" not in quoted[0]
        assert "{" not in quoted[0].replace("{{", "")


def test_each_statement_is_used_in_one_module():
    named = Counter(name for file in STORE.rglob("*.py") for name in executed(file))
    names = {file.stem for file in FILES}
    assert {name: named[name] for name in names if named[name] != 1} == {}
    assert {name for name in named if re.fullmatch("[a-z_]+", name)} <= names


def test_no_statement_is_built_from_strings_in_the_code():
    words = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s", re.IGNORECASE)
    formatted = [
        f"{file.name}:{node.lineno}"
        for file in STORE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr)
        and isinstance(head := node.values[0], ast.Constant)
        and words.match(str(head.value))
    ]
    assert formatted == []
