namespace Tollgate.Engine.Customers;

/// <summary>The statements on members. Partition and account are the owner's unless the comment says otherwise.</summary>
internal static class MemberSql
{
    private const string Columns = "m.id, m.name, m.email, m.role, m.added_at";

    /// <summary><c>$3</c> id, <c>$4</c> project, <c>$5..$7</c> name, e-mail, role, <c>$8</c> the project's time.</summary>
    public const string Insert =
        """
        INSERT INTO members (partition, account, id, project_id, name, email, role, added_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    public const string Update = "UPDATE members SET name = $4, email = $5, role = $6 WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>
    /// Ends a membership, and notes it: the account has events that name the member. $3 id, $4 project, $5 the project's time.
    /// </summary>
    public const string Delete =
        """
          WITH gone AS (
                DELETE FROM members WHERE partition = $1 AND account = $2 AND id = $3)
        INSERT INTO past_members (partition, account, id, project_id, left_at)
             VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (partition, account, id) DO UPDATE SET left_at = $5
        """;

    /// <summary><c>$1</c> and <c>$2</c> of the member's own row, <c>$3</c> the owner's id or null.</summary>
    public const string SetOwner = "UPDATE customers SET owner = $3 WHERE partition = $1 AND account = $2";

    /// <summary><c>$3</c> id.</summary>
    public const string Find = $"SELECT {Columns} FROM members m WHERE m.partition = $1 AND m.account = $2 AND m.id = $3";

    /// <summary>
    /// One page in byte order of the id. <c>$3</c> the id after which the page starts (empty: the beginning), <c>$4</c> number of rows.
    /// </summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM members m
         WHERE m.partition = $1 AND m.account = $2 AND m.id > $3
         ORDER BY m.id
         LIMIT $4
        """;

    /// <summary>The number of the owner's members. Read it under the owner's lock, so that two additions do not take one seat.</summary>
    public const string Count = "SELECT count(*) FROM members WHERE partition = $1 AND account = $2";

    public const string Any = "SELECT EXISTS (SELECT FROM members WHERE partition = $1 AND account = $2)";

    /// <summary>The terms of the owner's subscription; no row: it has none.</summary>
    public const string Terms =
        """
        SELECT s.plan_version_id, s.interval, s.currency, s.quantity
          FROM subscriptions s
         WHERE s.partition = $1 AND s.account = $2 AND s.ended_at IS NULL
        """;

    /// <summary>
    /// The owner of the balances that a customer uses; null: the customer. <c>$1</c> the customer's partition, <c>$2</c> project, <c>$3</c>
    /// id.
    /// </summary>
    public const string OwnerOf = "SELECT owner FROM customers WHERE partition = $1 AND project_id = $2 AND id = $3";
}
