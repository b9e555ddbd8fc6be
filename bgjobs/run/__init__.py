"""Makes a run happen: its steps, the batches, stops and deadlines."""
