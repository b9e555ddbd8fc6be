from pathlib import Path

import pytest

from bgjobs.errors import CrontabError
from bgjobs.host.cron_daemon import CronDaemon, cron_daemon
from bgjobs.host.zone import cron_zone, zone_of

BERLIN, TOKYO = b"TZif berlin", b"TZif tokyo"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in {"Europe/Berlin": BERLIN, "Asia/Tokyo": TOKYO}.items():
        file = tmp_path / "usr/share/zoneinfo" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    (tmp_path / "etc").mkdir()
    return tmp_path


def test_the_link_tells(root: Path) -> None:
    (root / "etc/localtime").symlink_to("../usr/share/zoneinfo/Europe/Berlin")
    assert zone_of(None, {}, root) == "Europe/Berlin"


def test_a_copy_is_told_by_etc_timezone_unless_that_is_out_of_date(root: Path) -> None:
    (root / "etc/localtime").write_bytes(TOKYO)
    (root / "etc/timezone").write_text("Asia/Tokyo\n")
    assert zone_of(None, {}, root) == "Asia/Tokyo"
    (root / "etc/timezone").write_text("Europe/Berlin\n")
    assert zone_of(None, {}, root) == "Asia/Tokyo"


def test_without_localtime_it_is_utc(root: Path) -> None:
    assert zone_of(None, {}, root) == "UTC"


def test_what_nothing_tells_has_to_be_given(root: Path) -> None:
    (root / "etc/localtime").write_bytes(b"TZif by hand")
    with pytest.raises(CrontabError, match="--timezone Europe/Berlin"):
        zone_of(None, {}, root)


def test_the_running_daemons_own_zone_counts_and_ours_does_not(root: Path) -> None:
    (root / "etc/localtime").symlink_to("../usr/share/zoneinfo/Europe/Berlin")
    ours = {"TZ": "Asia/Tokyo"}
    assert zone_of(CronDaemon(1, "cron"), ours, root) == "Europe/Berlin"
    assert zone_of(CronDaemon(1, "cron", ":Asia/Tokyo"), {}, root) == "Asia/Tokyo"
    assert zone_of(CronDaemon(1, "cron", ":/etc/localtime"), {}, root) == "Europe/Berlin"
    with pytest.raises(CrontabError, match="cron's TZ is JST-9"):
        zone_of(CronDaemon(1, "cron", "JST-9"), {}, root)
    # A container starts its cron from this environment.
    assert zone_of(None, ours, root) == "Asia/Tokyo"


def test_this_host_has_a_zone() -> None:
    assert cron_zone({"TZ": "UTC"})


def _process(proc: Path, pid: int, name: str, state: str, environ: bytes) -> None:
    place = proc / str(pid)
    place.mkdir()
    (place / "comm").write_text(f"{name}\n")
    (place / "stat").write_text(f"{pid} (a ) b) {state} 1 2")
    (place / "environ").write_bytes(environ)


def test_the_daemon_is_found_by_its_name_and_the_dead_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    _process(tmp_path, 7, "cron", "Z", b"")
    _process(tmp_path, 8, "crontab", "S", b"")
    assert cron_daemon(tmp_path) is None
    _process(tmp_path, 20, "crond", "S", b"A=b\0TZ=Asia/Tokyo\0")
    _process(tmp_path, 9, "supercronic", "S", b"")
    assert cron_daemon(tmp_path) == CronDaemon(9, "supercronic")
    (tmp_path / "9/comm").unlink()
    assert cron_daemon(tmp_path) == CronDaemon(20, "crond", "Asia/Tokyo")
