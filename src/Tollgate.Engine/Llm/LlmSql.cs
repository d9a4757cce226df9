namespace Tollgate.Engine.Llm;

/// <summary>The statements of the room Llm: model_prices, unpriced_models, llm_settings.</summary>
internal static class LlmSql
{
    /// <summary>$1 the project, or null for the shared prices. It takes the newest row for each provider, model and start.</summary>
    public const string LoadPrices = """
        SELECT DISTINCT ON (lower(provider), lower(model), valid_from) document
          FROM model_prices
         WHERE project_id IS NOT DISTINCT FROM $1
         ORDER BY lower(provider), lower(model), valid_from, id DESC
        """;

    /// <summary>
    /// $1 the project, or null for the shared prices alone; $2 provider or null, $3 model or alias or null, $4 the last id of the previous
    /// page or null, $5 limit, $6 true for the project's own, false for shared ones, null for both, $7 the instant at which they are valid
    /// or null.
    /// </summary>
    public const string ListPrices = """
        SELECT id, project_id IS NOT NULL, document
          FROM (SELECT m.*, row_number() OVER (PARTITION BY project_id, lower(provider), lower(model)
                  ORDER BY valid_from DESC, id DESC) AS nth
                  FROM model_prices m
                 WHERE (project_id = $1 OR project_id IS NULL)
                   AND ($7::timestamptz IS NULL
                        OR (valid_from <= $7 AND coalesce((document ->> 'valid_to')::timestamptz, 'infinity') > $7))) AS held
         WHERE ($2::text IS NULL OR lower(provider) = lower($2))
           AND ($3::text IS NULL OR lower(model) = lower($3)
                OR EXISTS (SELECT FROM jsonb_array_elements_text(document -> 'aliases') AS a (name) WHERE lower(a.name) = lower($3)))
           AND ($4::bigint IS NULL OR id < $4)
           AND ($6::boolean IS NULL OR (project_id IS NOT NULL) = $6)
           AND ($7::timestamptz IS NULL OR nth = 1)
         ORDER BY id DESC
         LIMIT $5
        """;

    /// <summary>
    /// The prices that are valid at an instant, one for each provider and model: the project's own first, then the later start, then the
    /// newer row. $1 the project, $2 the instant, $3 the providers of shared prices, where an empty list means all; the project's own
    /// prices are always listed. $4 limit.
    /// </summary>
    public const string PricesInForce = """
        SELECT DISTINCT ON (lower(provider), lower(model)) id, project_id IS NOT NULL, document
          FROM model_prices
         WHERE (project_id = $1 OR (project_id IS NULL AND (cardinality($3::text[]) = 0 OR provider = ANY ($3::text[]))))
           AND valid_from <= $2
           AND (document ->> 'valid_to' IS NULL OR (document ->> 'valid_to')::timestamptz > $2)
         ORDER BY lower(provider), lower(model), project_id IS NULL, valid_from DESC, id DESC
         LIMIT $4
        """;

    /// <summary>$1 the project or null, then arrays: $2 providers, $3 models, $4 valid from, $5 documents.</summary>
    public const string InsertPrices = """
        INSERT INTO model_prices (project_id, provider, model, valid_from, document)
        SELECT $1, x.provider, x.model, x.valid_from, x.document
          FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::jsonb[]) AS x (provider, model, valid_from, document)
        RETURNING id
        """;

    /// <summary>
    /// A lock for adding prices, until the commit. Ids then become visible in the order in which they were assigned, so the newest id tells
    /// a server whether it has all of them.
    /// </summary>
    public const string LockPrices = "SELECT pg_advisory_xact_lock(7234000, 6)";

    /// <summary>$1 the project.</summary>
    public const string CountOwnPrices = "SELECT count(*) FROM model_prices WHERE project_id = $1";

    public const string AnySharedPriceExists = "SELECT EXISTS (SELECT FROM model_prices WHERE project_id IS NULL)";

    /// <summary>$1 the project, $2 now, then arrays: $3 providers, $4 models.</summary>
    public const string NoteUnpriced = """
        INSERT INTO unpriced_models AS known (project_id, provider, model, first_seen_at, last_seen_at)
        SELECT $1, x.provider, x.model, $2, $2
          FROM unnest($3::text[], $4::text[]) AS x (provider, model)
         ORDER BY x.provider, x.model
            ON CONFLICT (project_id, provider, model)
            DO UPDATE SET last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)
        """;

    /// <summary>$1 the project, $2 limit, $3 and $4 provider and model of the last row of the previous page, or null.</summary>
    public const string ListUnpriced = """
        SELECT provider, model, first_seen_at, last_seen_at
          FROM unpriced_models
         WHERE project_id = $1
           AND ($3::text IS NULL OR (provider, model) > ($3, $4))
         ORDER BY provider, model
         LIMIT $2
        """;

    /// <summary>$1 the project, $2 basis points, $3 now.</summary>
    public const string SetMarkup = """
        INSERT INTO llm_settings (project_id, markup_basis_points, updated_at) VALUES ($1, $2, $3)
            ON CONFLICT (project_id) DO UPDATE SET markup_basis_points = excluded.markup_basis_points, updated_at = excluded.updated_at
        """;
}
