-- Notes that a migration was applied.
INSERT INTO {schema}.migration (number, name) VALUES (%(number)s, %(name)s)
