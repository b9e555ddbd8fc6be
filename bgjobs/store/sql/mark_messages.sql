-- Records what became of messages: sent, or the error of each, or to be tried once more.
UPDATE {schema}.outbox AS o
   SET sent_at = CASE WHEN told.error IS NULL AND NOT told.again THEN clock_timestamp() END,
       error_message = CASE WHEN NOT told.again THEN told.error END,
       sender = NULL
  FROM unnest(%(ids)s::bigint[], %(errors)s::text[], %(again)s::boolean[])
       AS told (id, error, again)
 WHERE o.id = told.id AND o.sender = %(run)s
