-- Room: Privacy. The JSON value of a stored answer; null: it is empty, or a stream of lines, or no JSON at all. A cast would end the whole statement.
CREATE FUNCTION json_of_answer(the_body bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN convert_from(the_body, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;
