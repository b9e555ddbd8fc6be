from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgjobs.errors import ConfigError, CrontabError
from bgjobs.job import Audit, Config, Cron, Database, Job
from bgjobs.plan.cron_block import body
from bgjobs.plan.cron_command import Installation, carried, command, words
from bgjobs.plan.cron_lines import command_of, entries
from bgjobs.schedule import Schedule

PURGE = Job("purge", description="Delete expired sessions", schedule=Schedule("*/15 * * * *"))
SITE = Installation("/opt/app/.venv/bin/python", "/opt/app/jobs.toml", "UTC", {}, "app")
LINE = (
    "*/15 * * * * cd /opt/app && PATH=/usr/local/bin:/usr/bin:/bin "
    "/opt/app/.venv/bin/python -I -m bgjobs run purge --cron --config /opt/app/jobs.toml\n"
)
HEAD = "# Written by `bgjobs install-cron`: change /opt/app/jobs.toml and install again.\n"


PLAIN = Cron()


def of(*jobs: Job, cron: Cron = PLAIN) -> Config:
    return Config(
        Path("/opt/app/jobs.toml"), Database(), Audit(), cron, {job.name: job for job in jobs}
    )


def test_a_block_reads_like_this() -> None:
    text = body(of(PURGE, cron=Cron(mailto="ops@example.org")), SITE, b"")
    assert text.decode() == (
        f"{HEAD}SHELL=/bin/sh\nMAILTO=ops@example.org\n"
        f"# purge: Delete expired sessions\n{LINE}"
        "# What held above the block holds below it.\nMAILTO=app\n"
    )


def test_entries_below_the_block_get_what_held_above_it() -> None:
    above = b"SHELL = /bin/bash\nMAILTO='a b'\nMAILTO=c\r\nCRON_TZ=Asia/Tokyo\n"
    text = body(of(PURGE, cron=Cron(mailto="ops@example.org")), SITE, above)
    assert b"SHELL=/bin/sh\nMAILTO=ops@example.org\nCRON_TZ=UTC\n" in text
    assert text.endswith(b"below it.\nSHELL = /bin/bash\nMAILTO=c\r\nCRON_TZ=Asia/Tokyo\n")


def test_nothing_is_given_back_that_was_not_changed() -> None:
    assert body(of(PURGE), SITE, b"SHELL=/bin/sh\nMAILTO=x\n").decode().endswith(LINE)
    image = SITE._replace(owner=None)
    assert body(of(PURGE, cron=Cron(mailto="x")), image, b"").decode().endswith(LINE)


def test_a_disabled_job_is_a_comment_and_one_without_a_schedule_is_not_there() -> None:
    off = PURGE._replace(enabled=False)
    text = body(of(off, Job("by-hand", description="x")), SITE, b"").decode()
    assert (
        text == f"{HEAD}SHELL=/bin/sh\n# purge is off (enabled = false): Delete expired sessions\n"
    )


def test_a_file_of_cron_d_has_the_user_column() -> None:
    text = body(of(PURGE), SITE._replace(user="app"), b"").decode()
    assert LINE.replace("* cd", "* app cd") in text


def test_reboot_is_a_schedule() -> None:
    text = body(of(PURGE._replace(schedule=Schedule("@reboot"))), SITE, b"").decode()
    assert "\n@reboot cd /opt/app && " in text


def test_a_description_stays_on_its_line() -> None:
    nasty = PURGE._replace(description="a\n* * * * * rm -rf /\r\x85\u2028\x1b[31m " + "long " * 100)
    text = body(of(nasty), SITE, b"")
    assert [entry.when for entry in entries(text)] == ["*/15 * * * *"]
    assert max(map(len, text.splitlines())) < 300


@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\\"),
        min_size=1,
        max_size=25,
    )
)
def test_whatever_a_path_is_made_of_the_shell_reads_it_back(name: str) -> None:
    site = SITE._replace(python=f"/{name}/python", config=f"/{name}/jobs.toml")
    written = command("purge", f"/bin:/{name}", site)
    assert "%" not in written.replace("\\%", "")
    expected = (
        site.directory,
        {"PATH": f"/bin:/{name}"},
        [site.python, "-I", "-m", "bgjobs", "run", "purge", "--cron", "--config", site.config],
    )
    # Once as cron hands it to the shell, and once as supercronic does.
    assert words(command_of(written)) == expected
    assert words(written) == expected


@pytest.mark.parametrize("odd", ["a\nb", "a\rb", "a\tb", "a\0b", "a\\b", "a\x1bb", "a\u2028b"])
def test_a_path_that_no_quoting_makes_safe_is_refused(odd: str) -> None:
    with pytest.raises(CrontabError, match="control character or a backslash"):
        body(of(PURGE), SITE._replace(python=f"/opt/{odd}/python"), b"")


def test_a_line_longer_than_cron_takes_is_refused() -> None:
    with pytest.raises(CrontabError, match=r"purge would be \d+ bytes long, and cron takes 997"):
        body(of(PURGE, cron=Cron(path="/x" * 450)), SITE, b"")


@pytest.mark.parametrize("mailto", ["a b", "a\nb", "a;b", "-oQ/tmp", "$(x)", "ü@x"])
def test_a_mailto_that_cron_would_drop_is_refused(mailto: str) -> None:
    with pytest.raises(ConfigError, match=r"\[cron\] mailto"):
        body(of(PURGE, cron=Cron(mailto=mailto)), SITE, b"")


def test_an_empty_mailto_silences_the_mail() -> None:
    assert b'\nMAILTO=""\n' in body(of(PURGE, cron=Cron(mailto="")), SITE, b"")


def test_carried_variables_stand_in_each_line_and_in_no_assignment() -> None:
    site = SITE._replace(environment=carried(("PGSERVICE",), {"PGSERVICE": "my app", "X": "y"}))
    text = body(of(PURGE), site, b"").decode()
    assert "PATH=/usr/local/bin:/usr/bin:/bin PGSERVICE='my app' /opt/app/.venv" in text
    assert "\nPG" not in text


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PGPASSWORD", "x", "PGPASSWORD looks like a secret"),
        ("API_KEY", "x", "looks like a secret"),
        ("DATABASE_URL", "postgresql://me:pw@host/db", "looks like a secret"),
        ("DSN", "host=x password = pw", "looks like a secret"),
        ("A B", "x", "is not a variable name"),
    ],
)
def test_a_secret_is_never_carried(name: str, value: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as refused:
        carried((name,), {name: value})
    assert "pw" not in str(refused.value)


def test_a_variable_that_is_not_set_is_not_left_out_silently() -> None:
    with pytest.raises(ConfigError, match="PGSERVICE is not set here"):
        carried(("PGSERVICE",), {})


def test_files_that_hold_secrets_may_be_named() -> None:
    values = {"PGPASSFILE": "/run/secrets/pgpass", "DATABASE_URL": "postgresql://me@host/db"}
    assert carried(tuple(values), values) == values


def test_a_job_in_another_zone_fires_at_each_minute_that_can_be_meant() -> None:
    nightly = PURGE._replace(schedule=Schedule("0 2 * * *", "Europe/Berlin"))
    text = body(of(nightly), SITE, b"").decode()
    assert "# purge: Delete expired sessions (0 2 * * * Europe/Berlin)\n0 0,1 * * * cd " in text
    at_home = body(of(nightly), SITE._replace(zone="Europe/Berlin"), b"").decode()
    assert "# purge: Delete expired sessions\n0 2 * * * cd " in at_home


def test_spread_moves_the_lines_of_each_host_by_its_own_time() -> None:
    spread = PURGE._replace(schedule=Schedule("0 2 * * *", spread=timedelta(minutes=30)))
    hosts = [SITE._replace(host=f"host{number}") for number in range(20)]
    when = {entries(body(of(spread), host, b""))[0].when for host in hosts}
    assert len(when) > 5
    assert body(of(spread), hosts[0], b"") == body(of(spread), hosts[0], b"")
