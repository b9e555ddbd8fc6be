"""One supervised process for a job with a handler."""

from collections.abc import Callable

from bgjobs.host.crew import UNBOUND, Bounds, Work, crew
from bgjobs.host.member import Death


def guard(
    work: Work,
    *,
    on_death: Callable[[Death], int],
    bounds: Bounds = UNBOUND,
    echo: bool = False,
    bar: bool = False,
) -> int:
    """Do the work in a child, and return its exit status: a crew of one.

    Raises:
        NotNowError: No process can be started.
    """
    return crew(work, 1, on_death=on_death, bounds=bounds, echo=echo, bar=bar)[0]
