"""Threads that send, watched by one that does not."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

_What = TypeVar("_What")
_Came = TypeVar("_Came")


class Senders(Generic[_What, _Came]):
    """A context in which so many things at a time are sent.

    The thread that owns it can renew a lease while they are, and hears a stop at once: where the
    context is left by an exception, nobody is waited for.
    """

    def __init__(self, send: Callable[[_What], _Came], number: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._send = send
        self._number = number
        self._pool = ThreadPoolExecutor(number)
        self._flying: set[Future[_Came]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    @property
    def free(self) -> int:
        """How many more can be sent at once."""
        return self._number - len(self._flying)

    @property
    def idle(self) -> bool:
        """Whether nothing is being sent."""
        return not self._flying

    def start(self, things: Sequence[_What]) -> None:
        """Send these, each in a thread."""
        self._flying |= {self._pool.submit(self._send, thing) for thing in things}

    def landed(self, seconds: float) -> list[_Came]:
        """What came of those that are done, once there are any; nothing after so many seconds."""
        from concurrent.futures import FIRST_COMPLETED, wait

        done, self._flying = wait(self._flying, seconds, return_when=FIRST_COMPLETED)
        return [future.result() for future in done]
