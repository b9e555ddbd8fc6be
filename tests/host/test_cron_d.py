import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bgjobs.errors import CrontabError
from bgjobs.host.cron_d import CronFile
from bgjobs.host.crontab_change import change

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_it_is_written_in_one_step_with_the_mode_that_cron_wants(tmp_path: Path) -> None:
    file = CronFile("bgjobs", tmp_path)
    assert file.read() is None
    before = os.umask(0o077)
    try:
        change(file, lambda _: b"* * * * * root true\n", tmp_path / "state", NOW)
    finally:
        os.umask(before)
    assert file.read() == b"* * * * * root true\n"
    assert file.path.stat().st_mode & 0o777 == 0o644
    assert {found.name for found in tmp_path.iterdir()} == {"bgjobs", "state"}
    change(file, lambda _: b"", tmp_path / "state", NOW)
    assert file.read() is None


def test_the_file_before_is_kept(tmp_path: Path) -> None:
    file = CronFile("bgjobs", tmp_path)
    file.path.write_bytes(b"# old\n")
    done = change(file, lambda text: text + b"# new\n", tmp_path / "state", NOW)
    assert done.backup is not None
    assert done.backup.read_bytes() == b"# old\n"


@pytest.mark.parametrize("name", ["bgjobs.old", "", "a/b", "bgjobs~", "a b"])
def test_a_name_that_cron_ignores_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CrontabError, match="cron ignores a file"):
        CronFile(name, tmp_path).read()


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "bgjobs").symlink_to("/etc/passwd")
    with pytest.raises(CrontabError, match="is a symbolic link"):
        CronFile("bgjobs", tmp_path).read()


def test_a_last_line_without_newline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrontabError, match="without a newline"):
        change(CronFile("bgjobs", tmp_path), lambda _: b"# x", tmp_path / "state", NOW)
    assert not (tmp_path / "bgjobs").exists()


def test_why_cron_ignores_a_file(require: Callable[..., str], tmp_path: Path) -> None:
    require("root")
    file = CronFile("bgjobs", tmp_path)
    file.write(b"# x\n")
    assert file.fault() is None
    file.path.chmod(0o664)
    assert "chmod 644" in (file.fault() or "")
    os.chown(file.path, 4321, 0)
    assert "chown root" in (file.fault() or "")
