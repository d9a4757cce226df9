-- Room: Privacy. The request behind a use (data.from: its id, address and user agent) is the person's, so erasing removes it too.
CREATE OR REPLACE FUNCTION erased_event(the_data jsonb, the_feature integer, the_kept text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(k.key, k.value), '{}')
      FROM (SELECT d.key,
                   CASE WHEN d.key = 'type' AND the_feature = 0 AND NOT the_data ? 'calc' THEN '"erased"'
                        WHEN d.key <> 'props' THEN d.value
                        WHEN the_data ? 'calc'
                        THEN (SELECT coalesce(jsonb_object_agg(p.key, CASE p.key WHEN 'error' THEN '"erased"' ELSE p.value END), '{}')
                                FROM jsonb_each(d.value) AS p
                               WHERE p.key = ANY (the_kept)) END AS value
              FROM jsonb_each(the_data) AS d
             WHERE d.key NOT IN ('id', 'by', 'from')) AS k
     WHERE k.value IS NOT NULL
$$;
