"""As it is often written: pages by OFFSET, one UPDATE a record, each committed by itself.

    offset.py URL FOLDER SIZE RECORDS EVERY

Of the pages of all RECORDS it works each EVERYth, near and far alike, and prints the seconds.
"""

import sys
import time

import psycopg

url, folder, *numbers = sys.argv[1:]
size, records, every = map(int, numbers)
sys.path.append(folder)

from scoring import score  # noqa: E402 - beside jobs.toml, where bgjobs finds it too

PAGE = "SELECT id, title, due_date, details FROM task ORDER BY id LIMIT %s OFFSET %s"
WRITE = "UPDATE task SET score = %s WHERE id = %s"

with psycopg.connect(url, autocommit=True) as connection:
    began = time.perf_counter()
    for offset in range(size * (every // 2), records, size * every):
        for id_, _, _, details in connection.execute(PAGE, (size, offset)).fetchall():
            connection.execute(WRITE, (score(details), id_))
    print(time.perf_counter() - began)
