-- Records that a run left failed.
SELECT job, run, key, slot, error_class, error_message, error_stack, attempt, failed_at
  FROM {schema}.failed_record
 WHERE job = %(job)s AND run = %(run)s
 ORDER BY failed_at, key
 LIMIT %(limit)s
