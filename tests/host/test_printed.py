"""What a job prints, kept and passed on."""

import os
import pty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bgjobs.host.output import Output
from bgjobs.host.printed import Capture, Echo, Tail


def test_short_output_is_kept_whole() -> None:
    tail = Tail(10)
    tail.add(b"01234")
    tail.add(b"56789")
    assert tail.content() == b"0123456789"


def test_last_whole_lines_are_kept_and_the_rest_is_counted() -> None:
    tail = Tail(20)
    for number in range(1000):
        tail.add(b"line %03d\n" % number)
    assert tail.content() == b"[8982 bytes before this were cut]\nline 998\nline 999\n"


def test_line_longer_than_what_is_kept_is_cut() -> None:
    tail = Tail(20)
    tail.add(b"x" * 100)
    assert tail.content() == b"[80 bytes before this were cut]\n" + b"x" * 20


def test_memory_is_bounded_however_much_is_printed() -> None:
    tail = Tail(1000)
    for _ in range(1000):
        tail.add(b"x" * 999)
    assert len(tail._kept) <= 2000  # noqa: SLF001 - what it holds is the point


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_reader_that_does_not_read_is_not_waited_for(pipe: tuple[int, int]) -> None:
    echo = Echo(pipe[1])
    for _ in range(100):
        echo.add(b"x" * 10_000)
    waiting = echo.pending
    assert waiting >= 1_000_000 - 65536
    os.read(pipe[0], 65536)
    echo.flush()
    assert echo.pending == waiting - 65536


def test_lines_take_the_place_of_a_bar_and_only_whole_ones() -> None:
    ours, terminal = pty.openpty()
    echo = Echo(terminal, bar=True)
    for piece in (b"one", b"\ntwo\nth", b"ree"):
        echo.add(piece)
    assert os.read(ours, 100) == b"\r\x1b[2Kone\r\ntwo\r\n"
    echo.end_line()
    echo.flush()
    assert os.read(ours, 100) == b"\r\x1b[2Kthree\r\n"
    for end in (ours, terminal):
        os.close(end)


@pytest.mark.parametrize("why", ["full", "closed", "gone"])
def test_place_that_cannot_be_written_is_given_up(why: str) -> None:
    if why == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    else:
        reading, target = os.pipe()
        os.close(reading)
    if why == "gone":
        os.close(target)
    echo = Echo(target)
    echo.add(b"first\n")
    echo.add(b"second\n")
    assert echo.pending == 0
    if why != "gone":
        os.close(target)


Child = Callable[[Callable[[], bool]], None]


@pytest.fixture
def child() -> Child:
    """Whether a function is true in a forked process, which may treat its descriptors as it likes."""

    def child(check: Callable[[], bool]) -> None:
        pid = os.fork()
        if pid == 0:
            status = 2
            try:
                status = 0 if check() else 1
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    return child


def _state() -> list[object]:
    def one(number: int) -> object:
        try:
            found = os.fstat(number)
        except OSError:
            return "closed"
        return found.st_dev, found.st_ino, os.get_inheritable(number)

    return [one(number) for number in range(20)]


@pytest.mark.parametrize("closed", [(), (1,), (2,), (1, 2)], ids=str)
def test_descriptors_are_what_they_were(child: Child, closed: tuple[int, ...]) -> None:
    def check() -> bool:
        sink = os.open("/dev/null", os.O_WRONLY)
        for number in closed:
            os.close(number)
        before = _state()
        with Capture(sink, sink):
            inside = _state()
        return inside != before and _state() == before

    child(check)


def test_everything_printed_inside_is_captured_in_its_order(child: Child, tmp_path: Path) -> None:
    def check() -> bool:
        sink = os.open(tmp_path / "sink", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        outside = os.open(tmp_path / "outside", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(outside, 1)
        os.dup2(outside, 2)
        os.write(1, b"before\n")
        with Capture(sink, sink) as capture:
            os.write(1, b"one\n")
            os.write(2, b"two\n")
            os.system("echo three")
            os.write(capture.stderr, b"seen meanwhile\n")
        os.write(1, b"after\n")
        return True

    child(check)
    assert (tmp_path / "sink").read_text() == "one\ntwo\nthree\n"
    assert (tmp_path / "outside").read_text() == "before\nseen meanwhile\nafter\n"


def test_endless_printer_is_not_drained_for_ever(child: Child) -> None:
    def check() -> bool:
        output = Output(echo=False)
        output_end = output.out
        printer = os.fork()
        if printer == 0:
            while True:
                os.write(output_end, b"y\n" * 2000)
        output.drain(0)
        kept = output.drain(0)
        os.kill(printer, 9)
        return len(kept) <= 2 * 65536

    child(check)
