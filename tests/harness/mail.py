"""A real SMTP server on loopback, with a log of what it accepted."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

from harness.waiting import PATIENCE

ACCEPTED = "250 taken"


class MailServer:
    """Takes messages, or refuses them as `answer` says.

    It is given how many messages came so far, and which one of the different ones this is.

    Attributes:
        accepted: How often it accepted each message, by its id.
        port: Where it listens, on 127.0.0.1.
        reached: Set when it has accepted the message after which it holds its answer back.
        go_on: Set to have it give that answer.
    """

    def __init__(self, answer: Callable[[int, int], str], hold_at: int | None) -> None:
        self.accepted: Counter[str] = Counter()
        self.came = 0
        self._numbers: dict[str, int] = {}
        self.port = 0
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self._answer = answer
        self._hold_at = hold_at

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """What aiosmtpd calls for a message that was transmitted."""
        self.came += 1
        name = str(message_from_bytes(envelope.content)["Message-ID"])
        number = self._numbers.setdefault(name, len(self._numbers) + 1)
        answer = self._answer(self.came, number)
        if answer == ACCEPTED:
            self.accepted[name] += 1
            if self.accepted.total() == self._hold_at:
                self.reached.set()
                await asyncio.to_thread(self.go_on.wait, PATIENCE)
        return answer


class _Controller(Controller):
    """Listens on a port that is free, and held from the beginning."""

    def __init__(self, server: MailServer) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(server, hostname="127.0.0.1", port=self._socket.getsockname()[1])

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)


@contextmanager
def mail_server(
    answer: Callable[[int, int], str] = lambda _came, _number: ACCEPTED,
    *,
    hold_at: int | None = None,
) -> Iterator[MailServer]:
    """A server for the length of a block; `hold_at` is the accepted message it hesitates after."""
    server = MailServer(answer, hold_at)
    controller = _Controller(server)
    server.port = controller.port
    controller.start()
    try:
        yield server
    finally:
        server.go_on.set()
        controller.stop()
