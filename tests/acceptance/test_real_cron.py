"""The whole way with cron itself: from jobs.toml over the crontab to the history and the mail."""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, timedelta
from typing import Any

import pytest

from harness.cron_house import wait_until
from harness.cron_shop import Shop, cron_shop

TOML = """
project = "shop"

[cron]
mailto = "ops@example.org"
environment = ["PGSERVICEFILE"]

[database]
service = "shop"

[jobs.count]
description = "Count what is there"
schedule = "* * * * *"
statement = "SELECT count(*) FROM audit_log"

[jobs.remind]
description = "Fails each time"
schedule = "* * * * *"
handler = "post:remind"
"""
HANDLER = '''
def remind(run):
    """Ask a mail server that does not answer."""
    print("asking the mail server")
    raise RuntimeError("mail server said 421")
'''
FOREIGN = b"# f\xfcr uns\r\nSHELL=/bin/bash\nMAILTO=somebody\n@yearly\ttrue \\% x\n"
BELOW = '* * * * * echo "$SHELL $PATH ${{PGSERVICEFILE-none}}" > {place}/below\n'


@pytest.fixture
def shop(require: Callable[..., str]) -> Iterator[Shop]:
    with cron_shop(require) as made:
        (made.place / "jobs.toml").write_text(TOML)
        (made.place / "post.py").write_text(HANDLER)
        yield made


@pytest.mark.slow
def test_cron_runs_the_jobs_and_mails_what_a_person_needs_to_act(shop: Shop) -> None:
    last = BELOW.format(place=shop.house.place).encode()
    shop.write_crontab(FOREIGN)
    shop.bgjobs("install-cron")
    shop.write_crontab(shop.read_crontab() + last)

    with shop.house.daemon():
        wait_until(lambda: shop.runs("count") and shop.runs("remind"), 150, "two runs by cron")
        wait_until(lambda: shop.house.mails, 150, "the mail of the failed run")
        doctor = shop.bgjobs("doctor")

    _ran_for_its_slot(shop)
    _one_mail_that_lets_a_person_act(shop)
    _nothing_leaked_below_the_block(shop)
    assert "all is well" in doctor, doctor
    shop.bgjobs("uninstall-cron")
    assert shop.read_crontab() == FOREIGN + last


def _ran_for_its_slot(shop: Shop) -> None:
    for run in shop.runs("count"):
        assert (run["trigger"], run["status"], run["host"]) == (
            "cron",
            "success",
            os.uname().nodename,
        )
        slot, started = run["slot"].astimezone(UTC), run["started_at"]
        assert (slot.second, slot.microsecond) == (0, 0)
        assert timedelta(0) <= started - slot < timedelta(minutes=2)
    history = shop.bgjobs("history", "count")
    assert "success" in history


def _one_mail_that_lets_a_person_act(shop: Shop) -> None:
    failed = shop.runs("remind")
    mails = shop.house.mails
    assert len(mails) <= len(failed)
    for mail, run in zip(mails, failed, strict=False):
        head, _, body = mail.partition("\n\n")
        assert "\nTo: ops@example.org\n" in head
        assert f"\nSubject: Cron <{shop.user}@" in head
        assert "bgjobs run remind --cron" in head
        assert "(failed)" in head
        assert "PGSERVICEFILE=" not in head.partition("X-Cron-Env")[2]
        _tells_all(body, run)


def _tells_all(body: str, run: Mapping[str, Any]) -> None:
    assert body.startswith("bgjobs: job remind failed: ")
    for needed in (
        "mail server said 421",
        "post.py",
        str(run["id"]),
        f"bgjobs show {str(run['id'])[:8]}",
    ):
        assert needed in body
    assert f"slot {run['slot'].astimezone(UTC).isoformat()}" in body
    assert f"host {os.uname().nodename}" in body
    assert "next:" in body
    assert "asking the mail server" in body


def _nothing_leaked_below_the_block(shop: Shop) -> None:
    file = shop.house.place / "below"
    assert file.read_text().split()[0] == "/bin/bash"
    assert file.read_text().split()[1:] == ["/usr/bin:/bin", "none"]
