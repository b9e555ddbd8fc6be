"""A network in between: bytes reach the other end so many milliseconds after they were sent.

    proxy.py SOCKET MILLISECONDS

Listens on a free port of loopback, prints it, and lives until its stdin is closed.
"""

import asyncio
import os
import sys

path, milliseconds = sys.argv[1:]


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, later, in its order."""
    loop = asyncio.get_running_loop()
    delay = float(milliseconds) / 1000
    while piece := await reader.read(1 << 16):
        loop.call_later(delay, writer.write, piece)
    loop.call_later(delay, writer.close)


async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Join a caller to the server."""
    there, back = await asyncio.open_unix_connection(path)
    await asyncio.gather(carry(reader, back), carry(there, writer), return_exceptions=True)


async def main() -> None:
    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)


asyncio.run(main())
