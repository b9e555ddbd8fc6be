from pathlib import Path

import pytest

from bgjobs.host.cron_access import refusal
from bgjobs.host.mail import mail_fault


@pytest.mark.parametrize(
    ("allow", "deny", "refused"),
    [
        (None, None, None),
        ("app\n", None, None),
        ("other\n", None, "cron.allow does not name app"),
        ("app\n", "app\n", None),
        (None, "other\napp\n", "cron.deny names app"),
        (None, "", None),
    ],
)
def test_the_files_decide_as_crontab_has_it(
    tmp_path: Path, allow: str | None, deny: str | None, refused: str | None
) -> None:
    for name, content in (("cron.allow", allow), ("cron.deny", deny)):
        if content is not None:
            (tmp_path / name).write_text(content)
    found = refusal("app", tmp_path)
    assert (found is None) == (refused is None)
    assert (refused or "") in (found or "")
    assert refusal("root", tmp_path) is None


def test_without_sendmail_cron_cannot_mail(tmp_path: Path) -> None:
    sendmail = tmp_path / "sendmail"
    assert "there is no" in (mail_fault(sendmail) or "")
    sendmail.symlink_to("gone")
    assert "a link to nothing" in (mail_fault(sendmail) or "")
    sendmail.unlink()
    sendmail.write_text("#!/bin/sh\n")
    assert mail_fault(sendmail) == f"{sendmail} cannot be executed"
    sendmail.chmod(0o755)
    assert mail_fault(sendmail) is None
