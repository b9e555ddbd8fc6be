"""Working ahead of the server's answers, where psycopg's pipeline would wait for all of them.

Between its entry and its exit nothing here sends a Sync: after an error the server passes over
whatever was sent behind it, be it the batches that follow.
"""

from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen

Answer = psycopg.Cursor[Any]


def send_off(connection: psycopg.Connection) -> None:
    """Have what was sent in a pipeline worked and answered, and wait for nothing."""
    connection.pgconn.send_flush_request()
    connection.wait(generators.send(connection.pgconn))


def answered(connection: psycopg.Connection, answer: Answer) -> Answer:
    """Wait for one answer and those before it, and not for those behind it.

    Raises:
        psycopg.Error: What befell this statement, or one before it.
    """
    if connection._pipeline is not None and answer.pgresult is None:  # noqa: SLF001
        with connection.lock:
            connection.wait(_until(connection._pipeline, answer))  # noqa: SLF001
    return answer


# As psycopg's own loop over its queue, which goes on until that is empty.
def _until(pipeline: Any, answer: Answer) -> PQGen[None]:  # noqa: ANN401 - no public class
    while answer.pgresult is None and pipeline.result_queue:
        results = yield from generators.fetch_many(pipeline.pgconn)
        if not results:
            return
        queued = pipeline.result_queue.popleft()
        pipeline._process_results(queued, results)  # noqa: SLF001 - it has no public name
