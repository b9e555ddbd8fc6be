"""What a right jobs.toml becomes."""

from __future__ import annotations

import os
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bgjobs.config.load import load
from bgjobs.errors import ConfigError
from bgjobs.job import Allowance, Audit, Cron, Database, Job, KeyColumn, Throttle
from bgjobs.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = Path(__file__).with_name("full.toml").read_text("utf-8")


def written(directory: Path, text: str, mode: int = 0o644) -> Path:
    path = directory / "jobs.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_every_key_arrives_as_a_value(guard: Path) -> None:
    config = load(written(guard, FULL), {})
    assert config.path == guard / "jobs.toml"
    assert config.project == "crm"
    assert config.database == Database(
        "postgresql://app@db/crm", "batch", timedelta(seconds=5), timedelta(minutes=2)
    )
    assert config.audit == Audit(("public", "audit_log"), {"tenant_id": 7})
    assert config.cron == Cron("", "/opt/bin:/bin", ("PGSERVICEFILE",))
    assert config.jobs["purge"] == Job(
        "purge",
        batch_size=500,
        statement="DELETE FROM tasks WHERE due_date < :slot - make_interval(days => :days)",
        params={"days": 30},
        timeout=timedelta(hours=1),
        throttle=Throttle(replication_lag=timedelta(seconds=10)),
    )
    assert config.jobs["remind"] == Job(
        name="remind",
        description="Mail the clients of tomorrow's hearings",
        schedule=Schedule(
            "0 8 * * mon-fri", "Europe/Berlin", "skip", "second", timedelta(minutes=10)
        ),
        enabled=False,
        select="SELECT * FROM hearings WHERE starts_at < :slot",
        key=(KeyColumn("user_id"), KeyColumn("starts_at", descending=True), KeyColumn("id")),
        group_by=("user_id",),
        batch_size=None,
        batch_target=timedelta(seconds=2),
        statement="UPDATE hearings h SET reminded = true FROM batch WHERE batch.id = h.id",
        handler="crm.reminders:remind",
        per="batch",
        send="crm.reminders:mail",
        params={"token": ""},
        secrets=frozenset({"token"}),
        table="public.hearings",
        resume="restart",
        until_empty=True,
        max_failures=Allowance(10, 0.025),
        retries=3,
        retry_on=("40001", "smtplib.SMTPException"),
        retry_delay=timedelta(seconds=0.5),
        concurrency=8,
        read_ahead=False,
        workers=2,
        timeout=None,
        not_after=time(6, 30),
        statement_timeout=timedelta(minutes=1),
        lock_timeout=None,
        lease=timedelta(minutes=5),
        pause=timedelta(milliseconds=50),
        throttle=Throttle(commit_latency=timedelta(seconds=1), locks=True),
        overlap="wait",
        overlap_wait=timedelta(minutes=30),
        catch_up="all",
        catch_up_limit=3,
        max_lateness=timedelta(days=1),
        keep=timedelta(weeks=2),
        keep_failed=None,
        keep_runs=50,
    )


def test_a_file_begun_by_a_byte_order_mark_is_read(guard: Path) -> None:
    assert load(written(guard, '\ufeffproject = "crm"'), {}).project == "crm"


def test_a_project_without_a_name_has_its_directory_s(guard: Path) -> None:
    place = guard / "_My CRM (new)"
    place.mkdir()
    assert load(written(place, ""), {}).project == "my-crm--new"


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


PASSWORDS = [
    "postgresql://app:S3cr3t@db/crm",
    "postgresql://app:S3%40cr3t@db",
    "postgresql://db/crm?user=app&password=S3cr3t",
    "host=db password=S3cr3t",
    "host=db password = 'S3cr3t'",
    # Nothing that libpq would take, and still nobody's business.
    "postgresql://app:S3cr3t %zz@db",
]


@pytest.mark.parametrize("url", PASSWORDS)
def test_a_password_needs_a_private_file(guard: Path, url: str) -> None:
    text = f'[database]\nurl = "{url}"\n'
    assert load(written(guard, text, 0o600), {}).database.url == url
    with pytest.raises(ConfigError) as raised:
        load(written(guard, text, 0o640), {})
    assert str(raised.value) == (
        "jobs.toml:2: [database] url holds a password and others may read the file: "
        f"chmod 600 {guard}/jobs.toml, or move the password into a password_file"
    )


@pytest.mark.parametrize(
    "url", ["postgresql://app@db:5432/a:b@c", "host=db user=a", "embedded:a:b@c"]
)
def test_an_url_without_a_password_does_not(guard: Path, url: str) -> None:
    assert load(written(guard, f"[database]\nurl = '{url}'"), {}).database.url == url


def test_a_secret_parameter_needs_a_private_file(guard: Path) -> None:
    text = "[jobs.j]\nstatement = 'SELECT 1'\nparams.token = 'S3cr3t'\nsecrets = ['token']\n"
    assert load(written(guard, text, 0o600), {}).jobs["j"].params == {"token": "S3cr3t"}
    with pytest.raises(ConfigError) as raised:
        load(written(guard, text), {})
    assert str(raised.value) == (
        "jobs.toml:3: [jobs.j] params: token is secret and others may read the file: "
        f"chmod 600 {guard}/jobs.toml"
    )


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        (None, 0, "{place} cannot be read: No such file or directory"),
        ("S3cr3t", 0o644, "others may read it: chmod 600 {place}"),
        ("", 0o600, "{place} has to hold one line, the password"),
        ("S3cr3t\nx\n", 0o600, "{place} has to hold one line, the password"),
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
