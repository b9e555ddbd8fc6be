"""The documentation says what the program does."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from bgjobs.config.load import load
from bgjobs.errors import ExitStatus

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.fixture
def readme() -> ModuleType:
    spec = importlib.util.spec_from_file_location("readme", ROOT / "docs/readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_is_what_the_program_prints(
    readme: ModuleType, require: Callable[[str], str]
) -> None:
    require("crontab")
    text = (ROOT / "README.md").read_text()
    # A table's columns are as wide as what happened to take long.
    assert squeezed(readme.written(text)) == squeezed(text), "run: make readme"


def squeezed(text: str) -> str:
    return re.sub(" +", " ", text)


def test_each_command_and_exit_status_is_in_the_readme() -> None:
    from bgjobs.cli import app

    text = (ROOT / "README.md").read_text()
    named = [command.name or command.callback.__name__ for command in app.registered_commands]
    groups = [group.typer_instance for group in app.registered_groups]
    named += [
        command.name or command.callback.__name__
        for group in groups
        if group is not None
        for command in group.registered_commands
    ]
    missing = [name for name in named if f"$ bgjobs {name.replace('_', '-')} --help" not in text]
    assert set(missing) <= {"start", "stop", "status", "psql"}
    assert all(f"| {status.value} | {status.meaning} |" in text for status in ExitStatus)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_in_the_documents_compiles(document: Path) -> None:
    for code in re.findall(r"```python\n(.*?)```", document.read_text(), re.DOTALL):
        compile(code, document.name, "exec")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_job_tables_in_the_documents_are_right(document: Path, tmp_path: Path) -> None:
    for toml in re.findall(r"```toml\n(.*?)```", document.read_text(), re.DOTALL):
        if "[jobs." in toml:
            path = tmp_path / "jobs.toml"
            path.write_text(toml)
            path.chmod(0o600)
            load(path, {})


def test_the_shipped_jobs_are_right() -> None:
    assert len(load(ROOT / "jobs.toml", {}).jobs) >= 5
