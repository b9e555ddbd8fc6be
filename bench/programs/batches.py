"""By hand: the job's SQL over pages by key, with a checkpoint.

    batches.py URL SELECT UPDATE SIZE

An empty SIZE takes the whole table in one UPDATE.
"""

import sys

import psycopg

url, select, update, size = sys.argv[1:]

BATCH = f"""
WITH batch AS ({select} WHERE id > %s ORDER BY id LIMIT %s),
     done AS ({update} RETURNING task.id)
SELECT max(id), count(*) FROM done
"""
KEEP = "UPDATE checkpoint SET last = %s, done = done + %s WHERE job = 'score'"
READ = "SELECT last FROM checkpoint WHERE job = 'score'"

with psycopg.connect(url) as connection:
    if not size:
        connection.execute(f"WITH batch AS ({select}) {update}".encode())
    found = connection.execute(READ).fetchone()
    last = found[0] if found else 0
    while size:
        end, number = connection.execute(BATCH.encode(), (last, int(size))).fetchone() or (None, 0)
        if not number:
            break
        last = end
        connection.execute(KEEP, (last, number))
        connection.commit()
