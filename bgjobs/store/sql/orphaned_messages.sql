-- Messages whose sender died between taking and marking them: nobody knows whether they went out.
UPDATE {schema}.outbox AS o
   SET sender = NULL, error_message = %(error)s
 WHERE o.job = %(job)s AND o.sent_at IS NULL AND o.sender IS NOT NULL AND o.sender <> %(run)s
   AND NOT EXISTS (SELECT FROM {schema}.lease AS l WHERE l.run = o.sender)
RETURNING o.key
