"""The only part that knows psycopg: one method per statement, one file per statement."""
