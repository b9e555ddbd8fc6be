-- Writes the audit rows of runs that were ended by another than their own process.
INSERT INTO {audit} (action_type, entity_type, details{audit_columns})
SELECT 'background_job_execution', 'background_job', {schema}.audit_details(r){audit_values}
  FROM {schema}.run AS r WHERE r.id = ANY (%(runs)s)
