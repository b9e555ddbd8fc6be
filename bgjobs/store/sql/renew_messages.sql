-- Lets messages that are on the list of failed ones be sent again.
UPDATE {schema}.outbox AS o
   SET error_message = NULL, attempts = 0
  FROM {schema}.failed_record AS f
 WHERE o.job = %(job)s AND o.sent_at IS NULL AND o.sender IS NULL
   AND f.job = o.job AND f.key = jsonb_build_object('message', o.key)
