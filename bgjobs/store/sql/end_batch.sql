-- Moves the cursor and adds the counts, as the last statement before a batch's commit.
SELECT {schema}.end_batch(
           %(job)s, %(lane)s, %(shard)s, %(run)s, %(token)s, %(cursor)s::jsonb, %(read)s,
           %(processed)s, %(skipped)s, %(failed)s, %(counters)s::jsonb)
