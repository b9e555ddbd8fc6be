-- Records that failed and have not been done since, newest first.
SELECT job, run, key, slot, error_class, error_message, error_stack, attempt, failed_at
  FROM {schema}.failed_record
 WHERE %(job)s::text IS NULL OR job = %(job)s
 ORDER BY failed_at DESC, job, key
 LIMIT %(limit)s
