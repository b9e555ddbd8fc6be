"""Scheduled batch jobs for Postgres, driven by system cron, with no daemon."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bgjobs.handler import SKIP, Message, OutcomeUnknownError, Run

__all__ = ["SKIP", "Message", "OutcomeUnknownError", "Run", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of the types that are named above
    # A start from cron imports this package, and most jobs have no handler.
    if name in {"SKIP", "Message", "OutcomeUnknownError", "Run"}:
        from bgjobs import handler

        return getattr(handler, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
