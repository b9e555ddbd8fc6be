-- Spells types as a cast wants them.
SELECT array_agg(format_type(t.oid, -1) ORDER BY t.n)
  FROM unnest(%(oids)s::oid[]) WITH ORDINALITY AS t (oid, n)
