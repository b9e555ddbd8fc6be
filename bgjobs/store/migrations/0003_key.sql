-- The key by which a run pages: where the work of one stands is told by it.
ALTER TABLE {schema}.run ADD COLUMN key text;
