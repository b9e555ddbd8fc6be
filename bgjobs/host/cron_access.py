"""Whether cron.allow and cron.deny let a user have a crontab."""

from pathlib import Path

_ETC = Path("/etc")


def refusal(user: str, etc: Path = _ETC) -> str | None:
    """Which file keeps the user from crontab(1), and what to write into it; None where none does.

    As crontab(1) has it: root always may; cron.allow decides alone where it exists.
    """
    if user == "root":
        return None
    for name, may_if_listed in (("cron.allow", True), ("cron.deny", False)):
        file = etc / name
        try:
            listed = user in file.read_text(errors="replace").split()
        except FileNotFoundError:
            continue
        except PermissionError:
            return f"{file} is readable by root alone, so nobody else may; chmod 644 {file}"
        if listed is not may_if_listed:
            return f"{file} {'names' if listed else 'does not name'} {user}; change that as root"
        return None
    return None
