"""A TCP proxy on loopback that knows messages of the Postgres protocol, and breaks the link at one."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

_HEAD = 5


class Do(Enum):
    """What becomes of a message, and of the link it came by."""

    PASS = auto()
    # Both ends are told at once that the other is gone, the client by a reset.
    CUT = auto()
    # The message arrives first.
    PASS_AND_CUT = auto()
    # Nothing passes any more, in either direction, and nobody is told.
    FREEZE = auto()


class Message(NamedTuple):
    """One message; `kind` is its letter, empty for the first one of a client."""

    link: int
    from_client: bool
    kind: bytes
    body: bytes

    @property
    def commits(self) -> bool:
        """Whether it asks for a COMMIT, or tells that there was one."""
        if self.from_client:
            return self.kind in {b"Q", b"P"} and b"COMMIT\0" in self.body
        return self.kind == b"C" and self.body == b"COMMIT\0"

    @property
    def asks(self) -> bool:
        """Whether a client waits for the answer."""
        return self.from_client and self.kind in {b"Q", b"S"}


Judge = Callable[[Message], Do]


class Proxy:
    """Listens on loopback and passes on to a server's socket."""

    def __init__(self, server: str) -> None:
        found = conninfo_to_dict(server)
        self._target = f"{found['host']}/.s.PGSQL.{found.get('port') or 5432}"
        self._database = str(found["dbname"])
        self._judge: Judge = lambda _: Do.PASS
        self._lock = threading.Lock()
        self._links: set[_Link] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The database's URL through the proxy, with a password that nobody asks for."""
        port = self._listener.getsockname()[1]
        return (
            f"postgresql://postgres:{quote('Wh0.goes/there?', safe='')}@127.0.0.1:{port}/"
            f"{self._database}?sslmode=disable&gssencmode=disable"
        )

    def judge_by(self, judge: Judge) -> None:
        """Ask from now on what becomes of each message; one at a time."""
        self._judge = judge

    def cut(self) -> None:
        """Cut all links there are."""
        for link in list(self._links):
            link.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        # Closing alone does not wake a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.cut()
        for link in list(self._links):
            link.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._links.add(_Link(len(self._links), client, self._target, self._ask))

    def _ask(self, message: Message) -> Do:
        with self._lock:
            return self._judge(message)


class _Link:
    def __init__(self, number: int, client: socket.socket, target: str, judge: Judge) -> None:
        self.number = number
        # Each message is sent by itself, and none is to wait for the last one's acknowledgement.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._judge = judge
        self._frozen = False
        self._server = socket.socket(socket.AF_UNIX)
        try:
            self._server.connect(target)
        except OSError:
            self.cut()
        self._threads = [
            threading.Thread(target=self._pump, args=(from_client,), daemon=True)
            for from_client in (True, False)
        ]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        # Lingering for no time is what makes the kernel send a reset; shutting down wakes threads,
        # but of the client's end only what is read, or it would be told in peace.
        with suppress(OSError):
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._client.shutdown(socket.SHUT_RD)
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._client.close()
        self._server.close()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _pump(self, from_client: bool) -> None:  # noqa: FBT001 - which of two directions
        source, sink = self._client, self._server
        if not from_client:
            source, sink = sink, source
        try:
            first = from_client
            while True:
                raw, message = _read(source, self.number, from_client=from_client, first=first)
                first = False
                do = Do.FREEZE if self._frozen else self._judge(message)
                self._frozen = self._frozen or do is Do.FREEZE
                if do in {Do.PASS, Do.PASS_AND_CUT}:
                    sink.sendall(raw)
                if do in {Do.CUT, Do.PASS_AND_CUT}:
                    break
        except (OSError, EOFError):
            pass
        if not self._frozen:
            self.cut()


def _read(
    source: socket.socket, link: int, *, from_client: bool, first: bool
) -> tuple[bytes, Message]:
    kind = b"" if first else _exactly(source, 1)
    head = _exactly(source, _HEAD - 1)
    body = _exactly(source, struct.unpack("!I", head)[0] - len(head))
    return kind + head + body, Message(link, from_client, kind, body)


def _exactly(source: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = source.recv(size - len(received))
        if not piece:
            raise EOFError
        received += piece
    return received


class Once:
    """A judge that does something at the first message of a kind, and lets all others pass.

    `happened` tells whether there was one.
    """

    def __init__(self, condition: Callable[[Message], bool], do: Do) -> None:
        self.happened = False
        self._condition = condition
        self._do = do

    def __call__(self, message: Message) -> Do:
        if self.happened or not self._condition(message):
            return Do.PASS
        self.happened = True
        return self._do


def nth(number: int, condition: Callable[[Message], bool]) -> Callable[[Message], bool]:
    """Whether a message is the nth for which something holds."""
    left = number

    def counted(message: Message) -> bool:
        nonlocal left
        holds = condition(message)
        left -= holds
        return holds and left == 0

    return counted
