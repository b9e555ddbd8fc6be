"""doctor by its command line; the start that it rehearses is a real process in a bare environment."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from bgjobs.__main__ import status_of
from bgjobs.host.ownership import exposed, runner
from bgjobs.job import Audit
from bgjobs.store.grants import grants
from harness.cron import FakeCrontab

Capture = pytest.CaptureFixture[str]
TOML = """
project = "shop"
[database]
url = "{dsn}"
[cron]
mailto = "ops@example.org"
environment = ["XDG_STATE_HOME"]
[jobs.remind]
schedule = "0 8 * * *"
handler = "post:remind"
"""


class Examined:
    """A project, its crontab, and what the doctor says of them."""

    def __init__(
        self, place: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
    ) -> None:
        self.place = place
        self.dsn = dsn
        self.environ = {"XDG_STATE_HOME": str(place / "state")}
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        (place / "bin").mkdir()
        self.fake = FakeCrontab(place / "bin")
        self.toml = place / "jobs.toml"
        self.toml.write_text(TOML.format(dsn=dsn))
        self.handler = place / "post.py"
        self.handler.write_text("def remind(run): pass\n")

    def run(self, *arguments: str) -> tuple[int, str]:
        with self._monkeypatch.context() as context:
            context.chdir(self.place)
            for name, value in {**self.fake.environ, **self.environ}.items():
                context.setenv(name, value)
            status = status_of(arguments)
        printed = self._capsys.readouterr()
        assert printed.err == ""
        return status, printed.out

    def faults(self, *options: str) -> dict[str, tuple[str, str]]:
        """What is not as it should be, by check; whether this host has a cron is left out."""
        status, printed = self.run("doctor", "--json", *options)
        found = [one for one in json.loads(printed) if one["severity"] != "ok"]
        assert (status == 1) == any(one["severity"] == "error" for one in found)
        assert all(one["remedy"] for one in found)
        return {
            one["check"]: (one["severity"], one["message"])
            for one in found
            if one["check"] != "cron daemon" and "sendmail" not in one["message"]
        }


@pytest.fixture
def examined(
    tmp_path: Path,
    dsn: str,
    require: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> Examined:
    if os.geteuid() == 0:
        places = [Path(sys.prefix), tmp_path]
        require("an environment of root's own", present=not exposed(places, runner(None)))
    return Examined(tmp_path, dsn, monkeypatch, capsys)


def test_a_sound_installation_has_no_faults(examined: Examined) -> None:
    assert examined.run("install-cron")[0] == 0
    assert examined.faults() == {}
    _, printed = examined.run("doctor")
    for fact in (
        "your crontab agrees with jobs.toml",
        f"interpreter: bgjobs 0.1.0 on Python 3.{sys.version_info.minor}",
        "handlers: 1 can be imported",
        f"spool: {examined.place}/state/bgjobs can be written",
        "is reachable as postgres",
        "may use the ledger and write the audit table",
        "clock: this host's agrees with the database's",
    ):
        assert fact in printed


def test_faults_that_were_planted_are_found_each_with_its_remedy(examined: Examined) -> None:
    examined.fake.file.write_bytes(b'MAILTO=""\nHOME=/srv\n')
    examined.toml.write_text(
        TOML.format(dsn="postgresql:///x?host=/nowhere")
        .replace('mailto = "ops@example.org"\n', "")
        .replace("0 8 * * *", "* 8 * * *")
    )
    examined.handler.write_text("def other(run): pass\n")
    examined.environ["XDG_STATE_HOME"] = "/proc/nowhere"
    faults = examined.faults()
    assert {check: severity for check, (severity, _) in faults.items()} == {
        "crontab": "warning",
        "mail": "warning",
        "schedule of remind": "warning",
        "handlers": "error",
        "spool": "error",
        "database": "error",
    }
    assert "post has no function remind" in faults["handlers"][1]
    assert "No such file or directory" in faults["spool"][1]
    assert "cannot be reached" in faults["database"][1]
    _, printed = examined.run("doctor")
    assert "there is no block of shop\n         -> bgjobs install-cron" in printed
    assert "the crontab above the block sets an empty MAILTO" in printed
    assert "sets HOME to /srv above the block" in printed


def test_a_role_without_its_grants_and_an_older_ledger_are_told(
    examined: Examined, connection: psycopg.Connection
) -> None:
    role = f"bgjobs_doctor_{conninfo.conninfo_to_dict(examined.dsn)['dbname']}"
    name = sql.Identifier(role)
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    try:
        connection.execute(grants("bgjobs", Audit(), role))
        connection.execute(sql.SQL("REVOKE INSERT ON audit_log FROM {}").format(name))
        as_role = conninfo.make_conninfo(examined.dsn, user=role)
        examined.toml.write_text(TOML.format(dsn=as_role))
        examined.run("install-cron")
        assert examined.faults()["grants"] == ("error", f"{role} lacks INSERT on audit_log")
        connection.execute("DELETE FROM bgjobs.migration")
        told = examined.faults()["database"][1]
        assert "the ledger is at version 0" in told
    finally:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(name))
        connection.execute(sql.SQL("DROP ROLE {}").format(name))


def test_a_handler_that_prints_at_import_would_be_mailed_each_time(examined: Examined) -> None:
    examined.handler.write_text("print('hello')\ndef remind(run): pass\n")
    examined.run("install-cron")
    severity, told = examined.faults()["a start by cron"]
    assert (severity, told) == ("warning", "it prints what cron would mail each time: hello")


def test_a_start_that_cron_cannot_make_is_told_with_the_line_to_try(examined: Examined) -> None:
    examined.fake.file.write_bytes(b"PYTHONHOME=/nowhere\nLD_LIBRARY_PATH=/nowhere\n")
    examined.handler.write_text("import os\nos._exit(7)\n")
    examined.run("install-cron")
    severity, told = examined.faults()["a start by cron"]
    assert (severity, told) == ("error", "it failed with status 7: it printed nothing")
    assert " env -i /bin/sh -c 'cd " in examined.run("doctor")[1]


def test_a_broken_jobs_toml_is_one_finding(examined: Examined) -> None:
    examined.toml.write_text("[jobs.remind]\nshedule = 1\n")
    assert list(examined.faults()) == ["jobs.toml"]
    assert list(examined.faults("--no-cron")) == ["jobs.toml"]


def test_without_cron_only_what_any_start_needs_is_looked_at(examined: Examined) -> None:
    assert examined.faults("--no-cron") == {}
    examined.fake.file.write_bytes(b"# BEGIN bgjobs shop 0\n")
    assert examined.faults("--no-cron") == {}
    assert "crontab" in examined.faults()
