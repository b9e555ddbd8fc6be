"""Whether what cron mails can leave this machine."""

import os
from pathlib import Path

# Where cron looks, whatever its PATH.
SENDMAIL = Path("/usr/sbin/sendmail")


def mail_fault(sendmail: Path = SENDMAIL) -> str | None:
    """Why cron cannot mail, or None."""
    if not sendmail.exists():
        dangling = " (a link to nothing)" if sendmail.is_symlink() else ""
        return f"there is no {sendmail}{dangling}, so cron discards the output of jobs"
    if not os.access(sendmail, os.X_OK):
        return f"{sendmail} cannot be executed"
    return None
