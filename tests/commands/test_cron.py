"""install-cron, uninstall-cron and cron-diff by their command lines, on a crontab of the test's."""

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bgjobs.__main__ import status_of
from bgjobs.errors import ExitStatus
from bgjobs.host.ownership import exposed, runner
from harness.cron import FakeCrontab, throwaway_user

Capture = pytest.CaptureFixture[str]
TOML = """
project = "shop"

[cron]
mailto = "ops@example.org"

[jobs.purge]
description = "Delete expired sessions"
schedule = "*/15 * * * *"
statement = "DELETE FROM session WHERE expires < :slot"
"""
FOREIGN = b"# m\xfcll\r\n0 1 * * *\tbackup\n"


class Installed:
    """A project and the crontab that its commands reach."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
        self.path = place / "shop"
        self.path.mkdir()
        self.toml = self.path / "jobs.toml"
        self.toml.write_text(TOML)
        (place / "bin").mkdir()
        self.fake = FakeCrontab(place / "bin", text=FOREIGN)
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, *arguments: str, status: int = 0, **env: str) -> str:
        with self._monkeypatch.context() as context:
            context.chdir(self.path)
            for name, value in {**self.fake.environ, **env}.items():
                context.setenv(name, value)
            ended = status_of(arguments)
        printed = self._capsys.readouterr()
        assert (ended, printed.err if status == 0 else "") == (status, "")
        return printed.out + printed.err

    @property
    def crontab(self) -> bytes:
        return self.fake.file.read_bytes()


@pytest.fixture
def installed(
    tmp_path: Path, require: Callable[..., str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> Installed:
    if os.geteuid() == 0:
        # As root the commands refuse an environment that somebody else could change.
        places = [Path(sys.prefix), tmp_path]
        require("an environment of root's own", present=not exposed(places, runner(None)))
    return Installed(tmp_path, monkeypatch, capsys)


def test_it_is_put_in_once_and_taken_out_without_a_trace(installed: Installed) -> None:
    assert "now has 1 line of shop" in installed.run("install-cron")
    crontab = installed.crontab
    place = installed.path
    assert crontab.startswith(FOREIGN + b"# BEGIN bgjobs shop ")
    line = (
        f"*/15 * * * * cd {place} && PATH=/usr/local/bin:/usr/bin:/bin {sys.executable} "
        f"-I -m bgjobs run purge --cron --config {place}/jobs.toml\n"
    )
    assert line.encode() in crontab
    assert "is up to date: 1 line" in installed.run("install-cron")
    assert installed.crontab == crontab
    assert "no longer has the block of shop" in installed.run("uninstall-cron")
    assert installed.crontab == FOREIGN
    assert "has no block of shop; nothing was changed" in installed.run("uninstall-cron")


def test_a_dry_run_shows_the_difference_and_changes_nothing(installed: Installed) -> None:
    shown = installed.run("install-cron", "--dry-run")
    assert shown.startswith(
        "--- your crontab\n+++ after install-cron\n@@ -1,2 +1,11 @@\n # m\\xfcll\\x0d\n"
    )
    assert "\n+# purge: Delete expired sessions\n" in shown
    assert installed.crontab == FOREIGN
    installed.run("install-cron")
    assert installed.run("install-cron", "--dry-run") == ""


def test_a_difference_is_status_1_and_its_reason_is_told(installed: Installed) -> None:
    assert "there is no block of shop" in installed.run("cron-diff", status=1)
    installed.run("install-cron")
    assert installed.run("cron-diff") == ""
    installed.fake.file.write_bytes(installed.crontab.replace(b"*/15", b"*/20"))
    told = installed.run("cron-diff", status=1)
    assert "the block was edited by hand" in told
    assert "\n-*/20 * * * * cd" in told
    assert "\n+*/15 * * * * cd" in told
    found = json.loads(installed.run("cron-diff", "--json", status=1))
    assert (found["edited_by_hand"], found["outdated"], found["current"]) == (True, False, False)
    assert "were edited by hand were replaced" in installed.run("install-cron")
    installed.toml.write_text(TOML.replace("*/15", "*/10"))
    assert "jobs.toml, the interpreter or what is above" in installed.run("cron-diff", status=1)


def test_a_damaged_block_is_an_error_and_no_difference(installed: Installed) -> None:
    installed.run("install-cron")
    damaged = installed.crontab.rsplit(b"# END", 1)[0]
    installed.fake.file.write_bytes(damaged)
    for command in ("cron-diff", "install-cron", "uninstall-cron"):
        told = installed.run(command, status=ExitStatus.BAD_CONFIG)
        assert told.startswith("bgjobs: the block of bgjobs begun in the crontab's line 3 (shop)")
        assert told.count("\n") == 1
    assert installed.crontab == damaged


def test_carried_variables_come_from_here_or_a_file_and_a_monitor_needs_neither(
    installed: Installed, tmp_path: Path
) -> None:
    with_carried = TOML.replace("[cron]", '[cron]\nenvironment = ["PGSERVICE"]')
    installed.toml.write_text(with_carried)
    assert "PGSERVICE is not set here" in installed.run("install-cron", status=78)
    installed.run("install-cron", PGSERVICE="one")
    assert b" PGSERVICE=one /" in installed.crontab
    assert installed.run("cron-diff") == ""
    installed.run("cron-diff", status=1, PGSERVICE="two")
    file = tmp_path / "env"
    file.write_text("PGSERVICE='t w o'\n")
    installed.run("install-cron", "--env-file", str(file))
    assert b" PGSERVICE='t w o' /" in installed.crontab


def test_two_projects_of_one_name_do_not_take_each_others_block(
    installed: Installed, tmp_path: Path
) -> None:
    installed.run("install-cron")
    first = installed.path
    installed.path = tmp_path / "other"
    installed.path.mkdir()
    other = installed.path / "jobs.toml"
    other.write_text(TOML)
    told = installed.run("install-cron", status=ExitStatus.BAD_CONFIG)
    assert f"of another project, {first}/jobs.toml" in told
    other.write_text(TOML.replace('"shop"', '"other"'))
    installed.run("install-cron")
    installed.run("uninstall-cron", "--project", "shop")
    assert b"# BEGIN bgjobs other " in installed.crontab
    assert b"BEGIN bgjobs shop" not in installed.crontab


def test_a_project_that_was_renamed_or_moved_does_not_run_twice(installed: Installed) -> None:
    installed.run("install-cron")
    toml = installed.toml
    toml.write_text(TOML.replace('"shop"', '"store"'))
    told = installed.run("install-cron", status=ExitStatus.BAD_CONFIG)
    assert "bgjobs uninstall-cron --project 'shop'" in told
    installed.run("uninstall-cron", "--project", "shop")
    assert installed.crontab == FOREIGN
    toml.write_text(TOML)
    installed.run("install-cron")
    moved = installed.path.rename(installed.path.with_name("moved"))
    installed.path = moved
    installed.run("install-cron")
    assert installed.crontab.count(b"# BEGIN bgjobs") == 1
    assert b"/shop/jobs.toml" not in installed.crontab


def test_a_broken_jobs_toml_can_be_uninstalled_by_the_projects_name(installed: Installed) -> None:
    installed.run("install-cron")
    installed.toml.write_text("[")
    assert "uninstall-cron --project NAME" in installed.run("uninstall-cron", status=78)
    installed.run("uninstall-cron", "--project", "shop")
    assert installed.crontab == FOREIGN


def test_printing_for_an_image_needs_no_crontab_and_knows_its_paths(installed: Installed) -> None:
    python, config = "/opt/app/.venv/bin/python", "/opt/app/jobs.toml"
    printed = installed.run("install-cron", "--print", "--python", python, "--at", config)
    assert printed.endswith(
        f"SHELL=/bin/sh\nMAILTO=ops@example.org\n# purge: Delete expired sessions\n"
        f"*/15 * * * * cd /opt/app && PATH=/usr/local/bin:/usr/bin:/bin {python} "
        f"-I -m bgjobs run purge --cron --config {config}\n# END bgjobs shop\n"
    )
    assert installed.crontab == FOREIGN
    column = installed.run("install-cron", "--print", "--system", "--user", "app")
    assert "*/15 * * * * app cd " in column
    assert "no absolute path" in installed.run(
        "install-cron", "--print", "--python", "python", status=ExitStatus.USAGE
    ).replace("not an", "no")


def test_the_time_zone_of_cron_can_be_given(installed: Installed) -> None:
    nightly = TOML.replace("*/15 * * * *", "0 2 * * *").replace(
        "schedule", 'timezone = "Asia/Tokyo"\nschedule'
    )
    installed.toml.write_text(nightly)
    for zone, fires in (("Asia/Tokyo", "0 2 * * *"), ("Europe/Berlin", "0 18,19 * * *")):
        assert f"\n{fires} cd " in installed.run("install-cron", "--print", "--timezone", zone)
    told = installed.run("install-cron", "--timezone", "Europe/Berln", status=ExitStatus.USAGE)
    assert 'did you mean "Europe/Berlin"?' in told


def test_another_users_crontab_is_for_root(
    installed: Installed, require: Callable[..., str]
) -> None:
    if os.geteuid() != 0:
        told = installed.run("install-cron", "--user", "root", status=ExitStatus.USAGE)
        assert "--user is for root" in told
        return
    told = installed.run("install-cron", "--user", "nobody-such", status=ExitStatus.USAGE)
    assert "there is no user nobody-such" in told


def test_root_does_not_let_cron_run_what_another_can_change(
    installed: Installed, require: Callable[..., str]
) -> None:
    require("root")
    place = installed.path
    (place / "jobs.toml").write_text(TOML + '[jobs.mail]\nhandler = "post:send"\n')
    module = place / "post.py"
    module.write_text("")
    module.chmod(0o666)
    told = installed.run("install-cron", status=ExitStatus.BAD_CONFIG)
    assert f"bgjobs: {module}: writable by everybody\n" in told
    assert installed.crontab == FOREIGN
    module.chmod(0o644)
    installed.run("install-cron")


def test_root_installs_what_belongs_to_the_user_who_will_run_it(
    installed: Installed, require: Callable[..., str]
) -> None:
    require("root")
    named = ("--config", str(installed.toml))
    with throwaway_user() as user:
        for path in (installed.path, installed.toml):
            shutil.chown(path, user)
        # A password is the user's own secret, and root's to read.
        installed.toml.write_text(f'{TOML}[database]\nurl = "postgresql://me:pw@host/shop"\n')
        installed.toml.chmod(0o600)
        told = installed.run(*("install-cron", *named), status=ExitStatus.BAD_CONFIG)
        assert "can be changed by others than root" in told
        installed.run(*("install-cron", *named, "--user", user))
        assert b"\nMAILTO=" + user.encode() + b"\n# END bgjobs shop\n" in installed.crontab
        assert b"pw" not in installed.crontab
        installed.run(*("uninstall-cron", *named, "--user", user))
    assert installed.crontab == FOREIGN


def test_a_file_of_cron_d(require: Callable[..., str], installed: Installed) -> None:
    require("root")
    require("/etc/cron.d", present=Path("/etc/cron.d").is_dir())
    name = f"bgjobs-test-{os.getpid()}"
    file = Path("/etc/cron.d") / name
    arguments = ("--system", "--name", name)
    try:
        with throwaway_user() as user:
            installed.run("install-cron", *arguments, "--user", user)
            assert f"\n*/15 * * * * {user} cd " in file.read_text()
            assert stat.S_IMODE(file.stat().st_mode) == 0o644
            assert installed.run("cron-diff", *arguments, "--user", user) == ""
            installed.run("uninstall-cron", *arguments)
            assert not file.exists()
    finally:
        file.unlink(missing_ok=True)
    assert installed.crontab == FOREIGN
