"""procrastinate: a job a record, put into the queue beforehand.

    procrastinate_jobs.py URL FOLDER RECORDS CONCURRENCY

Prints the seconds that working them takes; putting them in is not counted.
"""

import asyncio
import sys
import time
from typing import Any

from procrastinate import App, PsycopgConnector
from psycopg import sql

url, folder, records, concurrency = sys.argv[1:]
sys.path.append(folder)

from scoring import score  # noqa: E402 - beside jobs.toml, where bgjobs finds it too

connector = PsycopgConnector(conninfo=url, min_size=4, max_size=int(concurrency) + 4)
app = App(connector=connector)
WRITE = sql.SQL("UPDATE task SET score = %s WHERE id = %s")


@app.task(name="work")
async def work(id: int, details: dict[str, Any]) -> None:  # noqa: A002 - the column's name
    async with connector.pool.connection() as connection:
        await connection.execute(WRITE, (score(details), id))


async def main() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        async with connector.pool.connection() as connection:
            page = "SELECT id, details FROM task ORDER BY id LIMIT %s"
            found = await (await connection.execute(page, [int(records)])).fetchall()
        await work.batch_defer_async(*({"id": row[0], "details": row[1]} for row in found))
        began = time.perf_counter()
        await app.run_worker_async(
            wait=False, concurrency=int(concurrency), install_signal_handlers=False
        )
        print(time.perf_counter() - began)


asyncio.run(main())
