"""By hand: pages by key, and one UPDATE from unnest() a batch.

    keyset.py URL FOLDER SIZE plain|checkpoint|chained

`chained` ends a batch with COMMIT AND CHAIN, where psycopg would send a BEGIN of its own.
"""

import sys

import psycopg

url, folder, size, kind = sys.argv[1:]
sys.path.append(folder)

from scoring import score  # noqa: E402 - beside jobs.toml, where bgjobs finds it too

PAGE = "SELECT id, title, due_date, details FROM task WHERE id > %s ORDER BY id LIMIT %s"
WRITE = """
UPDATE task SET score = batch.score
  FROM unnest(%s::bigint[], %s::int[]) AS batch (id, score) WHERE task.id = batch.id
"""
KEEP = "UPDATE checkpoint SET last = %s, done = done + %s WHERE job = 'score'"
READ = "SELECT last FROM checkpoint WHERE job = 'score'"

with psycopg.connect(url, autocommit=kind == "chained") as connection:
    if kind == "chained":
        connection.execute("BEGIN")
    found = connection.execute(READ).fetchone() if kind != "plain" else None
    last = found[0] if found else 0
    while rows := connection.execute(PAGE, (last, int(size))).fetchall():
        ids = [row[0] for row in rows]
        scores = [score(row[3]) for row in rows]
        connection.execute(WRITE, (ids, scores))
        last = ids[-1]
        if kind != "plain":
            connection.execute(KEEP, (last, len(ids)))
        if kind == "chained":
            connection.execute("COMMIT AND CHAIN")
        else:
            connection.commit()
