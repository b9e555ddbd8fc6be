-- Which of these columns, by their places, may hold nulls: all that no plain table vouches for. What
-- is no table's column has table 0; a view, a foreign table and children vouch for nothing.
SELECT given.place
  FROM unnest(%(tables)s::oid[], %(columns)s::int[])
       WITH ORDINALITY AS given (relation, attribute, place)
  LEFT JOIN pg_catalog.pg_class AS c
         ON c.oid = given.relation
        AND (c.relkind = 'p' OR c.relkind = 'r' AND NOT c.relhassubclass)
  LEFT JOIN pg_catalog.pg_attribute AS a
         ON a.attrelid = c.oid AND a.attnum = given.attribute AND a.attnotnull
 WHERE a.attnum IS NULL
    OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                WHERE k.conrelid = c.oid AND k.contype = 'n' AND NOT k.convalidated
                  AND k.conkey = ARRAY[a.attnum])
 ORDER BY given.place
