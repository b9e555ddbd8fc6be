"""The supervisor's end of what the workers print."""

import os

from bgjobs.host.printed import Echo, Tail

# What a pipe holds: all that was printed before a moment is read by then, however much follows.
_HELD = 64 * 1024
# Beyond this a printer waits for the terminal, as it would have to without us in between.
_BACKLOG = 256 * 1024


class Output:
    """One pipe for both stdout and stderr, or one for each where both are passed on apart.

    `out` and `err` are the ends to print to.
    """

    def __init__(self, *, echo: bool, bar: bool = False) -> None:
        occupy_standard()
        self._bar = bar
        self._tail = Tail()
        self._echoes: list[Echo] = []
        self._streams: dict[int, Echo | None] = {}
        self.out = self._open(1 if echo else None)
        self.err = self._open(2) if echo and not _same(1, 2) else self.out

    def _open(self, target: int | None) -> int:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        echo = None if target is None else Echo(target, bar=self._bar)
        self._echoes += [echo] if echo else []
        self._streams[reading] = echo
        return writing

    def only_read(self) -> None:
        """Close the ends to print to: the workers have them."""
        for number in {self.out, self.err}:
            os.close(number)

    def only_print(self) -> None:
        """In a worker: close the other ends."""
        for number in self._streams:
            os.close(number)

    def readable(self) -> list[int]:
        """Descriptors to be read when they are ready."""
        return [n for n, echo in self._streams.items() if not echo or echo.pending < _BACKLOG]

    def writable(self) -> list[int]:
        """Descriptors that something waits to be passed on to."""
        return [echo.target for echo in self._echoes if echo.pending]

    def take(self, number: int) -> int:
        """Read a piece; returns its size, 0 where there is none."""
        try:
            piece = os.read(number, _HELD)
        except BlockingIOError:
            return 0
        if not piece:
            del self._streams[number]
            os.close(number)
            return 0
        self._tail.add(piece)
        if echo := self._streams[number]:
            echo.add(piece)
        return len(piece)

    def flush(self, seconds: float = 0) -> None:
        """Pass on what waits, for no longer than this."""
        for echo in self._echoes:
            echo.flush(seconds)

    def drain(self, seconds: float) -> bytes:
        """Take all that was printed until now, pass it on, and return the last of it."""
        for number in list(self._streams):
            left = _HELD
            while left > 0 and (taken := self.take(number)):
                left -= taken
        for echo in self._echoes:
            echo.end_line()
        self.flush(seconds)
        return self._tail.content()

    def close(self) -> None:
        """Read no more: whoever still prints is no longer heard."""
        for number in self._streams:
            os.close(number)
        self._streams.clear()


def occupy_standard() -> None:
    """Open what is closed of descriptors 0, 1 and 2.

    They would else be given to the next socket, and what somebody prints would end up there.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - stdin, stdout, stderr
        os.set_inheritable(number, True)  # noqa: FBT003 - it takes no keyword
    os.close(number)


def _same(one: int, other: int) -> bool:
    return os.path.sameopenfile(one, other)
