-- Whether a unique index of one table has no other columns than these: then its rows differ in them.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i
     WHERE i.indrelid = ANY (%(tables)s::oid[])
       AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
       AND NOT EXISTS (
            SELECT FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k (attribute)
             WHERE NOT EXISTS (
                    SELECT FROM unnest(%(tables)s::oid[], %(columns)s::int[])
                                AS given (relation, attribute)
                     WHERE given.relation = i.indrelid AND given.attribute = k.attribute)))
