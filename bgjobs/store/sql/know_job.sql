-- Remembers when a job was first seen.
INSERT INTO {schema}.known_job (job) VALUES (%(job)s) ON CONFLICT DO NOTHING
