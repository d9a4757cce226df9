namespace Tollgate.Engine.Payments.Stripe;

/// <summary>The statements on the providers' ids of our customers.</summary>
internal static class StripeSql
{
    /// <summary>$1 project, $2 partition, $3 customer, $4 provider, $5 whether real money. Returns the provider's id.</summary>
    public const string CustomerOf =
        """
        SELECT x.reference
          FROM customers c
          JOIN provider_customers x ON x.partition = c.partition AND x.account = c.account
         WHERE c.partition = $2 AND c.project_id = $1 AND c.id = $3 AND x.provider = $4 AND x.is_live = $5
        """;

    /// <summary>Finds the customer of a provider's id. $1 project, $2 provider, $3 reference. Returns our id.</summary>
    public const string OwnerOf =
        """
        SELECT c.id
          FROM provider_customers x
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
         WHERE x.project_id = $1 AND x.provider = $2 AND x.reference = $3
        """;

    /// <summary>
    /// Finds the project that has a payment, or else a customer, with that id. $1 projects, $2 provider, $3 payment or null, $4 customer or
    /// null. Returns the project.
    /// </summary>
    public const string ProjectOf =
        """
        SELECT x.project_id
          FROM (SELECT project_id, 1 AS rank FROM payments           WHERE project_id = ANY ($1) AND provider = $2 AND reference = $3
                 UNION ALL
                SELECT project_id, 2         FROM provider_customers WHERE project_id = ANY ($1) AND provider = $2 AND reference = $4) x
         ORDER BY x.rank, x.project_id
         LIMIT 1
        """;

    /// <summary>
    /// The first stored id wins. $1 project, $2 partition, $3 customer, $4 provider, $5 whether real money, $6 reference.
    /// </summary>
    public const string KeepCustomer =
        """
        INSERT INTO provider_customers (partition, account, provider, is_live, project_id, reference)
        SELECT c.partition, c.account, $4, $5, $1, $6
          FROM customers c
         WHERE c.partition = $2 AND c.project_id = $1 AND c.id = $3
        ON CONFLICT DO NOTHING
        """;

    public const string Now = "SELECT clock_timestamp()";

    /// <summary>
    /// Finds the customer of a payment. $1 project, $2 payment, $3 provider, $4 whether real money. Returns the provider's id of the
    /// customer.
    /// </summary>
    public const string PayerOf =
        """
        SELECT x.reference
          FROM payments p
          JOIN provider_customers x ON x.partition = p.partition AND x.account = p.account AND x.provider = $3 AND x.is_live = $4
         WHERE p.project_id = $1 AND p.id = $2
        """;
}
