"""Who a server runs as: Postgres refuses to run as root."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pwd import struct_passwd


class Account(NamedTuple):
    """An entry of the password file."""

    name: str
    uid: int
    gid: int

    @property
    def arguments(self) -> dict[str, Any]:
        """What makes subprocess start a program as this account and nobody else."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(home: Path) -> Account | None:
    """Account that a server with its data in `home` runs as; None is the present one.

    Root hands the data to whom the place belongs to, so that `sudo` in a user's project does
    the same as the user would. Where all is root's it takes `postgres`, which Debian's packages
    make for this purpose, and else `nobody`: that one needs no setting up, but is shared, so
    a single-host installation had better run as a user of its own. None is ever created here.
    """
    if os.geteuid() != 0:
        return None
    import pwd

    place = home
    while not place.exists():
        place = place.parent
    owner = place.stat().st_uid
    if owner != 0:
        try:
            return _account(pwd.getpwuid(owner))
        except KeyError:  # a mount whose owner is unknown here: initdb would refuse it
            pass
    try:
        return _account(pwd.getpwnam("postgres"))
    except KeyError:
        return _account(pwd.getpwnam("nobody"))


def _account(entry: "struct_passwd") -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
