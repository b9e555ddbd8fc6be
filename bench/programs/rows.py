"""By hand: pages by key, and one UPDATE a record, committed page by page.

    rows.py URL FOLDER SIZE RECORDS

Prints the seconds that the first RECORDS take.
"""

import sys
import time

import psycopg

url, folder, size, records = sys.argv[1:]
sys.path.append(folder)

from scoring import score  # noqa: E402 - beside jobs.toml, where bgjobs finds it too

PAGE = "SELECT id, title, due_date, details FROM task WHERE id > %s ORDER BY id LIMIT %s"
WRITE = "UPDATE task SET score = %s WHERE id = %s"

with psycopg.connect(url) as connection:
    began = time.perf_counter()
    last = 0
    while last < int(records):
        for id_, _, _, details in connection.execute(PAGE, (last, int(size))).fetchall():
            connection.execute(WRITE, (score(details), id_))
            last = id_
        connection.commit()
    print(time.perf_counter() - began)
