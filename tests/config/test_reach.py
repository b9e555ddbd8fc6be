"""Where the database is, and who may know its password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bgjobs.config.load import load
from bgjobs.errors import ConfigError, ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from harness.project import Project


def written(directory: Path, text: str, mode: int = 0o644) -> Path:
    path = directory / "jobs.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


PASSWORDS = [
    "postgresql://app:S3cr3t@db/crm",
    "postgresql://app:S3%40cr3t@db",
    "postgresql://db/crm?user=app&password=S3cr3t",
    "host=db password=S3cr3t",
    "host=db password = 'S3cr3t'",
    # Nothing that libpq would take, and still nobody's business.
    "postgresql://app:S3cr3t %zz@db",
]


@pytest.mark.parametrize(
    ("table", "url"),
    [
        ("", None),
        ("url = 'embedded:.pg'", "embedded:.pg"),
        ("service = 'crm'", "service=crm"),
        ("password_file = 'pw'", r"password='p w\'\\%'"),
        ("url = 'host=db'\npassword_file = 'pw'", r"host=db password='p w\'\\%'"),
        ("service = 'crm'\npassword_file = 'pw'", r"service=crm password='p w\'\\%'"),
        (
            "url = 'postgresql://app@db/crm'\npassword_file = 'pw'",
            "postgresql://app@db/crm?password=p%20w%27%5C%25",
        ),
        (
            "url = 'postgres://db?user=app'\npassword_file = 'pw'",
            "postgres://db?user=app&password=p%20w%27%5C%25",
        ),
    ],
)
def test_the_database_is_one_connection_string(guard: Path, table: str, url: str | None) -> None:
    (guard / "pw").write_text("p w'\\%\n")
    (guard / "pw").chmod(0o400)
    path = written(guard, f"[database]\n{table}\n")
    assert load(path, {}).database.url == url
    assert load(path, {"BGJOBS_DATABASE_URL": "host=other"}).database.url == "host=other"


@pytest.mark.parametrize("url", PASSWORDS)
def test_a_password_needs_a_private_file(guard: Path, url: str) -> None:
    text = f'[database]\nurl = "{url}"\n'
    assert load(written(guard, text, 0o600), {}).database.url == url
    with pytest.raises(ConfigError) as raised:
        load(written(guard, text, 0o640), {})
    assert str(raised.value) == (
        "jobs.toml:2: [database] url contains a password and others can read the file: "
        f"chmod 600 {guard}/jobs.toml, or move the password into a password_file"
    )


@pytest.mark.parametrize(
    "url", ["postgresql://app@db:5432/a:b@c", "host=db user=a", "embedded:a:b@c"]
)
def test_an_url_without_a_password_does_not(guard: Path, url: str) -> None:
    assert load(written(guard, f"[database]\nurl = '{url}'"), {}).database.url == url


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        (None, 0, "{place} cannot be read: No such file or directory"),
        ("S3cr3t", 0o644, "others can read it: chmod 600 {place}"),
        ("", 0o600, "{place} must contain one line, the password"),
        ("S3cr3t\nx\n", 0o600, "{place} must contain one line, the password"),
    ],
)
def test_a_password_file_is_one_private_line(
    guard: Path, content: str | None, mode: int, reason: str
) -> None:
    place = guard / "pw"
    if content is not None:
        place.write_text(content)
        place.chmod(mode)
    path = written(guard, "[database]\npassword_file = 'pw'\n")
    with pytest.raises(ConfigError) as raised:
        load(path, {})
    expected = reason.format(place=place)
    assert str(raised.value) == f"jobs.toml:2: [database] password_file: {expected}"


def test_a_malformed_url_is_told_without_its_password(project: Project) -> None:
    for url in (
        "postgresql://app:S3cr3t%zz@db",
        "host=db password=S3cr3t PW app",
        "host=db password='S3cr3t",
        "postgresql://app:S3cr3t@[db/crm",
    ):
        project.write(f'[database]\nurl = "{url}"\n').chmod(0o600)
        ended = project.bgjobs("history")
        assert ended.returncode == ExitStatus.BAD_CONFIG
        assert ended.stderr.count("\n") == 1
        assert ended.stderr.startswith("bgjobs: [database] url")
        assert "S3cr3t" not in ended.stderr
