-- Whether a unique index of one table has no other columns than these: then its rows differ in them.
-- That of a table says nothing of those which inherit from it, nor one of another collation.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
     WHERE (c.relkind = 'p' OR NOT c.relhassubclass)
       AND NOT EXISTS (
            SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) AS k (attribute, collation_)
              JOIN pg_catalog.pg_attribute AS a
                ON a.attrelid = i.indrelid AND a.attnum = k.attribute
             WHERE a.attcollation <> k.collation_)
       AND i.indrelid = ANY (%(tables)s::oid[])
       AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
       AND NOT EXISTS (
            SELECT FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k (attribute)
             WHERE NOT EXISTS (
                    SELECT FROM unnest(%(tables)s::oid[], %(columns)s::int[])
                                AS given (relation, attribute)
                     WHERE given.relation = i.indrelid AND given.attribute = k.attribute)))
