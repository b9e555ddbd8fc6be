-- Fills the tables: 25,000 tasks, 2,000 clients, 3,000 hearings; the same shares every time, and
-- all moments told from now(). Multiplying by a prime spreads neighbours over all the choices.

INSERT INTO tenant
SELECT i, (ARRAY['Alder & Birch', 'Beacon Law', 'Calder Partners', 'Dunmore Legal',
                 'Eastgate Chambers', 'Fairfield & Co', 'Granite Advocates', 'Harbour Legal',
                 'Ivory Lane', 'Juniper Counsel', 'Kestrel Law', 'Linden Group'])[i],
       i <> 9
  FROM generate_series(1, 12) AS i;

INSERT INTO person
SELECT i, 1 + i % 12, who.name, lower(replace(who.name, ' ', '.')) || i || '@example.com'
  FROM generate_series(1, 60) AS i,
       LATERAL (SELECT (ARRAY['Ada', 'Ben', 'Clara', 'David', 'Emma', 'Farid', 'Grace', 'Hugo',
                              'Ines', 'Jonas'])[1 + i % 10] || ' '
                    || (ARRAY['Abbott', 'Baker', 'Costa', 'Dahl', 'Evans', 'Fischer',
                              'Garcia'])[1 + i * 3 % 7] AS name) AS who;

-- One client in 45 left no usable address, and one in 6 no number.
INSERT INTO client
SELECT i, 1 + i % 12, who.name,
       CASE WHEN i % 45 = 7 THEN 'unknown'
            ELSE lower(replace(who.name, ' ', '.')) || i || '@example.org' END,
       CASE WHEN i % 6 <> 0 THEN '+1 555 01' || lpad((i % 10000)::text, 5, '0') END
  FROM generate_series(1, 2000) AS i,
       LATERAL (SELECT (ARRAY['Karim', 'Lena', 'Marco', 'Nadia', 'Omar', 'Petra', 'Quinn', 'Rosa',
                              'Samir', 'Tessa', 'Uwe', 'Vera'])[1 + i * 7 % 12] || ' '
                    || (ARRAY['Hansen', 'Ito', 'Jansen', 'Kaur', 'Lopez', 'Moreau', 'Novak',
                              'Okafor', 'Patel', 'Rossi', 'Silva'])[1 + i * 5 % 11] AS name) AS who;

-- Half are done, a tenth was cancelled or already is Overdue; due from 30 days ago to 45 ahead.
INSERT INTO task (tenant_id, title, priority, status, assigned_to, due_date, created_at,
                  completed_at)
SELECT 1 + i % 12,
       (ARRAY['Draft', 'File', 'Review', 'Serve', 'Translate', 'Collect', 'Answer', 'Schedule',
              'Prepare'])[1 + i * 5 % 9] || ' '
           || (ARRAY['the statement of claim', 'the contract', 'the witness list', 'the appeal',
                     'the invoice', 'the medical report', 'the settlement offer',
                     'the power of attorney'])[1 + i * 3 % 8] || ', case ' || 1000 + i % 2300,
       (CASE WHEN i * 37 % 100 < 8 THEN 'Critical' WHEN i * 37 % 100 < 30 THEN 'High'
             WHEN i * 37 % 100 < 75 THEN 'Medium' ELSE 'Low' END)::priority,
       state.status,
       CASE WHEN i % 25 <> 0 THEN 1 + i * 11 % 60 END,
       due.at,
       due.at - make_interval(days => 10 + i * 13 % 50),
       CASE WHEN state.status = 'Completed'
            THEN least(due.at, now()) - make_interval(hours => i * 17 % 200) END
  FROM generate_series(1, 25000) AS i,
       LATERAL (SELECT now() + make_interval(secs => (i::bigint * 7919 % 25000) * 259.2
                                                     - 30 * 86400) AS at) AS due,
       LATERAL (SELECT CASE WHEN i * 61 % 100 < 50 THEN 'Completed'
                            WHEN i * 61 % 100 < 55 THEN 'Cancelled'
                            WHEN i * 61 % 100 < 60 AND due.at < now() THEN 'Overdue'
                            WHEN i * 61 % 100 < 80 THEN 'In Progress'
                            ELSE 'Open' END AS status) AS state;

-- 100 a day, held on the half hours of an office day, from ten days ago to twenty ahead.
INSERT INTO hearing
SELECT i, 1 + i * 7 % 2000, 'B' || 100 + i % 24,
       CASE WHEN at < now() THEN 'Held' WHEN i % 15 = 0 THEN 'Adjourned' ELSE 'Scheduled' END,
       at
  FROM generate_series(1, 3000) AS i,
       LATERAL (SELECT date_trunc('day', now())
                     + make_interval(days => i / 100 - 10, hours => 9, mins => i % 15 * 30)) AS h (at);

INSERT INTO rule
SELECT i, (ARRAY['welcome mail', 'conflict check', 'fee reminder', 'archive closed case',
                 'assign intake', 'sync calendar', 'escalate silence', 'request signature'])[i]
  FROM generate_series(1, 8) AS i;

-- Two days of automations; a third of them fail.
INSERT INTO automation (rule_id, started_at, succeeded)
SELECT 1 + i % 8, now() - make_interval(mins => i % 2880), i * 29 % 100 >= 33 + i % 8
  FROM generate_series(1, 6000) AS i;

ANALYZE;
