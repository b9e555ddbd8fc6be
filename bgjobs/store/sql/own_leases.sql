-- The leases that an opening took whose answer was lost.
SELECT l.shard, l.token, l.done, r.started_at
  FROM {schema}.lease AS l JOIN {schema}.run AS r ON r.id = l.run
 WHERE l.run = %(run)s
