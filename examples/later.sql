-- What has happened since: 40 tasks that were entered late, due some minutes ago.
INSERT INTO task (tenant_id, title, priority, status, assigned_to, due_date, created_at)
SELECT 1 + i % 12, 'Answer the court''s letter, case ' || 1000 + i,
       (ARRAY['Low', 'Medium', 'High', 'Critical'])[1 + i % 4]::priority, 'Open', 1 + i % 60,
       now() - make_interval(mins => i), now() - interval '1 day'
  FROM generate_series(1, 40) AS i;
