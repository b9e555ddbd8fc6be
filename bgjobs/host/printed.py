"""What a job prints: the last of it is kept, and shown at once where somebody looks on.

The job's process has descriptors 1 and 2 on a pipe, so that C code and child processes are heard as
well. Its supervisor reads that pipe: a reader in the same process would wait for the interpreter
while C code that holds it waits for room in the pipe; and it would die with the job.
"""

import os
import select
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

LIMIT = 64 * 1024
# As much as a pipe or a terminal that is ready takes without waiting.
_PIECE = select.PIPE_BUF

# To the line's start, and all of it away.
_ERASE = b"\r\x1b[2K"


class Tail:
    """The last bytes of a stream."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._total = 0

    def add(self, piece: bytes) -> None:
        """Append what was printed."""
        self._total += len(piece)
        self._kept += piece
        if len(self._kept) > 2 * self._limit:
            del self._kept[: -self._limit]

    def content(self) -> bytes:
        """The end of it, from the start of a line on, and how much there was before."""
        if self._total <= self._limit:
            return bytes(self._kept)
        end = self._kept[-self._limit :]
        # A single line longer than all that is kept is better cut than left out.
        end = end[end.find(b"\n", 0, self._limit // 2) + 1 :]
        return b"[%d bytes before this were cut]\n%b" % (self._total - len(end), bytes(end))


class Echo:
    """Passes a stream on to one of our own descriptors, never waiting for it.

    A descriptor that fails, be it a closed terminal or a full disk, is given up for good. With
    `bar` another process draws one in the terminal's last line: what is passed on are whole lines
    in its place, and it is drawn again below them.
    """

    def __init__(self, target: int, *, bar: bool = False) -> None:
        self.target = target
        self._pending = bytearray()
        self._works = True
        self._bar = bar and os.isatty(target)
        self._begun = b""

    @property
    def pending(self) -> int:
        """How many bytes wait for room."""
        return len(self._pending)

    def add(self, piece: bytes) -> None:
        """Pass on what can be passed on at once; the rest waits."""
        if not self._works:
            return
        if self._bar:
            piece = self._begun + piece
            end = piece.rfind(b"\n") + 1
            piece, self._begun = piece[:end], piece[end:]
            if len(self._begun) > _PIECE:
                self.end_line()
        self._pending += piece
        self.flush()

    def end_line(self) -> None:
        """Pass on a line that has no end, for which the bar was left alone."""
        if self._begun:
            self._pending += self._begun + b"\n"
            self._begun = b""

    def flush(self, seconds: float = 0) -> None:
        """Pass on what waits, for no longer than this."""
        end = time.monotonic() + seconds
        while self._pending and ready(self.target, select.POLLOUT, end - time.monotonic()):
            piece = self._pending[:_PIECE]
            erase = _ERASE if self._bar else b""
            if self._bar:
                del piece[piece.rfind(b"\n") + 1 or len(piece) :]
            try:
                written = os.write(self.target, erase + piece)
            except BlockingIOError:
                return
            except OSError:
                self._works = False
                self._pending.clear()
                return
            del self._pending[: max(0, written - len(erase))]


class Capture:
    """A context in which descriptors 1 and 2 are others, and after which they are what they were.

    Attributes:
        stdout: Where descriptor 1 led before, for those who are to be seen meanwhile; -1 is closed.
        stderr: The same of descriptor 2.
    """

    def __init__(self, out: int, err: int) -> None:
        self._sinks = (out, err)
        self.stdout = -1
        self.stderr = -1

    def __enter__(self) -> Self:
        flush()
        for stream in (sys.stdout, sys.stderr):
            _write_by_lines(stream)
        self.stdout, self.stderr = _saved(1), _saved(2)
        for number, sink in zip((1, 2), self._sinks, strict=True):
            os.dup2(sink, number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        flush()
        for number, saved in ((1, self.stdout), (2, self.stderr)):
            if saved == -1:
                os.close(number)
            else:
                os.dup2(saved, number)
                os.close(saved)
        self.stdout = self.stderr = -1


def flush() -> None:
    """Write out what Python holds back for stdout and stderr; what cannot be written is lost."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue


def _saved(number: int) -> int:
    import fcntl

    try:
        return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError:
        return -1


def _write_by_lines(stream: object) -> None:
    """What is printed before a crash has left the process, and no character makes it fail."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        with suppress(OSError, ValueError):
            reconfigure(line_buffering=True, errors="backslashreplace")


def ready(number: int, event: int, seconds: float) -> bool:
    """Wait until a descriptor is ready for an event of poll(), or has failed; for no longer."""
    poll = select.poll()
    poll.register(number, event)
    return bool(poll.poll(max(seconds, 0) * 1000))
