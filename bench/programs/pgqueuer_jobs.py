"""pgqueuer: a job a record, put into the queue beforehand.

    pgqueuer_jobs.py URL FOLDER RECORDS BATCH

Prints the seconds that working them takes; putting them in is not counted.
"""

import asyncio
import json
import sys
import time
from datetime import timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

url, folder, records, batch = sys.argv[1:]
sys.path.append(folder)

from scoring import score  # noqa: E402 - beside jobs.toml, where bgjobs finds it too

WRITE = "UPDATE task SET score = $1 WHERE id = $2"


async def main() -> None:
    async with asyncpg.create_pool(url, min_size=4, max_size=20) as pool:
        driver = AsyncpgPoolDriver(pool)
        queries = Queries(driver)
        await queries.install()
        page = "SELECT id, details::text FROM task ORDER BY id LIMIT $1"
        found = [(row[0], row[1]) for row in await pool.fetch(page, int(records))]
        payloads = [json.dumps({"id": id_, "details": text}).encode() for id_, text in found]
        await queries.enqueue(["work"] * len(found), payloads, [0] * len(found))
        queuer = PgQueuer(driver)

        @queuer.entrypoint("work")
        async def work(job: Job) -> None:
            payload = json.loads(job.payload or b"")
            await pool.execute(WRITE, score(json.loads(payload["details"])), payload["id"])

        began = time.perf_counter()
        await queuer.run(
            batch_size=int(batch),
            mode=QueueExecutionMode.drain,
            dequeue_timeout=timedelta(seconds=1),
        )
        print(time.perf_counter() - began)


asyncio.run(main())
