-- What the audit row says of a run that has ended, for an end whose answer was lost.
SELECT {schema}.audit_details(r) FROM {schema}.run AS r
 WHERE r.id = %(run)s AND r.status <> 'running'
