import pytest

from bgjobs.errors import CrontabError
from bgjobs.plan.cron_state import carried_by, difference, refuse_rivals, state
from bgjobs.plan.crontab import block_of, with_block

PROJECT, CONFIG = "app", "/srv/my app/jobs.toml"
LINE = (
    b"0 2 * * * %bcd '/srv/my app' && PATH=/bin PGSERVICE=app /bin/python -I -m bgjobs run purge "
    b"--cron --config '/srv/my app/jobs.toml'\n"
)
BODY = LINE % b""
FOREIGN = b"# caf\xe9\n0 1 * * * x\n"


def test_no_block_at_all() -> None:
    found = state(FOREIGN, PROJECT, BODY)
    assert (found.installed, found.edited_by_hand, found.current) == (False, False, False)


def test_a_block_as_jobs_toml_asks_for_it() -> None:
    found = state(with_block(FOREIGN, PROJECT, BODY), PROJECT, BODY)
    assert (found.installed, found.edited_by_hand, found.outdated, found.current) == (
        True,
        False,
        False,
        True,
    )


def test_a_hand_edit_is_told_from_a_changed_jobs_toml_and_shown_line_by_line() -> None:
    crontab = with_block(FOREIGN, PROJECT, BODY)
    edited = state(crontab.replace(b"0 2 *", b"0 3 *"), PROJECT, BODY)
    assert (edited.edited_by_hand, edited.outdated) == (True, False)
    changed = [line[:6] for line in edited.diff if line[0] in "+-"]
    assert changed == ["--- in", "+++ jo", "-0 3 *", "+0 2 *"]
    later = state(crontab, PROJECT, BODY + b"# more\n")
    assert (later.edited_by_hand, later.outdated) == (False, True)
    both = state(crontab.replace(b"0 2 *", b"0 3 *"), PROJECT, BODY + b"# more\n")
    assert (both.edited_by_hand, both.outdated) == (True, True)


def test_a_difference_shows_bytes_that_a_terminal_would_obey_or_cannot_show() -> None:
    lines = difference(b"a\x1b[31m\r\n\tb \xe9\nc", b"", "old", "new")
    assert lines[2:] == ["@@ -1,3 +0,0 @@", "-a\\x1b[31m\\x0d", "-\tb \\xe9", "-c\\ (no newline)"]


@pytest.mark.parametrize("user", [b"", b"app "])
def test_the_same_jobs_under_two_names_are_refused(user: bytes) -> None:
    crontab = with_block(FOREIGN, "old-name", LINE % user)
    with pytest.raises(CrontabError, match="uninstall-cron --project 'old-name'"):
        refuse_rivals(crontab, PROJECT, CONFIG, user_column=bool(user))
    refuse_rivals(crontab, "old-name", CONFIG, user_column=bool(user))
    refuse_rivals(crontab, PROJECT, "/srv/other/jobs.toml", user_column=bool(user))


def test_carried_variables_are_read_from_the_lines() -> None:
    block = block_of(with_block(b"", PROJECT, BODY + b"* * * * * odd 'quote\n"), PROJECT)
    assert block is not None
    assert carried_by(block, user_column=False) == {"PGSERVICE": "app"}
