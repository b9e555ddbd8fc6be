"""A run whose records are worked by several processes of this host."""

from bgjobs.commands.request import Request


def share(asked: Request, *, terminal: bool) -> int:
    """Work the job in as many processes as it has workers."""
    raise NotImplementedError(asked, terminal)
