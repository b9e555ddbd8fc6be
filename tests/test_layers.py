"""Who may import whom, and how large things may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "bgjobs"
NOUNS = "nouns"

MAY_IMPORT = {
    NOUNS: {NOUNS},
    "config": {NOUNS, "config"},
    "plan": {NOUNS, "plan"},
    "store": {NOUNS, "store"},
    "host": {NOUNS, "host"},
    "present": {NOUNS, "present"},
    "run": {NOUNS, "run", "plan", "store"},
    "commands": {NOUNS, "config", "plan", "store", "host", "present", "run", "commands"},
    "cli": {"cli", "commands"},
    "__main__": {NOUNS, "cli"},
}
# The command line knows no noun but these; the process around it maps them to statuses.
CLI_MAY_IMPORT = {"bgjobs", "bgjobs.errors"}

OWNER = {
    "typer": "bgjobs.cli",
    "click": "nobody",
    "rich": "bgjobs.present",
    "psycopg": "bgjobs.store",
    "subprocess": "bgjobs.host",
    "cronsim": "nobody",
}
DRAWERS = {"utils", "util", "common", "helpers", "misc"}
MOST_LINES = 300
MOST_LINES_OF_FUNCTION = 50


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def layer(module: str) -> str:
    parts = module.split(".")
    if module == "bgjobs.__main__":
        return "__main__"
    is_folder = len(parts) > 1 and (PACKAGE / parts[1]).is_dir()
    return parts[1] if is_folder else NOUNS


def imports(file: Path, *, of_types: bool) -> set[str]:
    """What a file imports, at its head or inside a function; a relative import fails below."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if not of_types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports by full names only"
            found.add(node.module)
            if node.module == "bgjobs" or layer(f"{node.module}.x") == NOUNS:
                submodules = {name for name, _ in modules()}
                found |= {f"{node.module}.{alias.name}" for alias in node.names} & submodules
    return found


def wrong_directions() -> Iterator[str]:
    for module, file in modules():
        own = layer(module)
        for imported in imports(file, of_types=True):
            if imported.partition(".")[0] != "bgjobs":
                continue
            allowed = layer(imported) in MAY_IMPORT[own]
            allowed |= own == "cli" and imported in CLI_MAY_IMPORT
            if not allowed:
                yield f"{module} imports {imported}"


def test_imports_point_one_way():
    assert list(wrong_directions()) == []


def test_each_foreign_module_has_one_owner():
    wrong = [
        f"{module} imports {imported}"
        for module, file in modules()
        for imported in imports(file, of_types=False)
        if (owner := OWNER.get(imported.partition(".")[0]))
        and not f"{module}.".startswith(f"{owner}.")
    ]
    assert wrong == []


def test_start_loads_nothing_it_does_not_need():
    program = "import sys, bgjobs.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = ("psycopg", "rich", "cronsim", "tomli_w", "tomllib", "zoneinfo", "pydantic", "asyncio")
    assert [name for name in heavy if name in loaded] == []


def written_files() -> list[Path]:
    folders = ("bgjobs", "tests", "bench", "examples")
    return sorted(chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders))


def test_nothing_lies_in_a_drawer_without_a_label():
    assert [file for file in written_files() if file.stem in DRAWERS] == []


@pytest.mark.parametrize("folder", ["bgjobs", "tests", "bench", "examples"])
def test_files_and_functions_stay_readable(folder):
    too_long = []
    for file in sorted((ROOT / folder).rglob("*.py")):
        text = file.read_text("utf-8")
        if (lines := text.count("\n")) > MOST_LINES:
            too_long.append(f"{file.relative_to(ROOT)}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MOST_LINES_OF_FUNCTION:
                    too_long.append(f"{file.relative_to(ROOT)}: {node.name}: {lines} lines")
    assert too_long == []
