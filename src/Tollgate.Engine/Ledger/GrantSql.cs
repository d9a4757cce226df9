
namespace Tollgate.Engine.Ledger;

/// <summary>
/// Grants as the room Grants makes, shows and voids them. The lanes burn them with their own statements, and create rollovers. <c>$1</c> is
/// always the partition and <c>$2</c> the account.
/// </summary>
public static class GrantSql
{
    private const string GrantColumns =
        "g.id, g.reference, f.code AS feature_code, g.source, g.priority, g.amount, g.used, g.forfeited, g.effective_at, g.expires_at, g.created_at, "
        + "g.feature, g.voided_at";

    /// <summary>No row: a grant with this id exists.</summary>
    public const string InsertGrant =
        """
        INSERT INTO grants (partition, account, feature, id, source, priority, amount, effective_at, expires_at, created_at, reference)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (partition, account, id) DO NOTHING
          RETURNING id
        """;

    /// <summary>
    /// Grants of a schedule. <c>$3</c> feature, <c>$4</c> source, <c>$5</c> priority, <c>$6</c> amount, <c>$7</c> schedule, and for each
    /// grant: <c>$8 uuid[]</c> id, <c>$9 timestamptz[]</c> effective_at, <c>$10 timestamptz[]</c> expires_at, <c>$11 text[]</c> name. Rows:
    /// the names of the new ones, whose id no grant had.
    /// </summary>
    /// <remarks>
    /// Each is created as if at the time it takes effect: its place in the burn order does not depend on who made it, or when.
    /// </remarks>
    public const string InsertScheduled =
        """
        INSERT INTO grants (partition, account, feature, id, source, priority, amount, effective_at, expires_at,
             created_at, reference, schedule)
             SELECT $1, $2, $3, x.id, $4, $5, $6, x.effective_at, x.expires_at, x.effective_at, x.name, $7
               FROM unnest($8::uuid[], $9::timestamptz[], $10::timestamptz[], $11::text[]) AS x (id, effective_at, expires_at, name)
        ON CONFLICT (partition, account, id) DO NOTHING
          RETURNING reference
        """;

    /// <summary>
    /// Grants of a schedule that were not voided and take effect at an instant or later. <c>$3</c> schedule, <c>$4</c> instant.
    /// </summary>
    public const string PendingScheduled =
        "SELECT g.id FROM grants g WHERE g.partition = $1 AND g.account = $2 AND g.schedule = $3 AND g.effective_at >= $4 AND g.voided_at "
            + "IS NULL";

    /// <summary>
    /// A grant with a name that a schedule would use: <c>club:3</c>, <c>club:3.1</c>. <c>$3</c> the schedule's name and a colon.
    /// </summary>
    public const string FindNumbered =
        """
        SELECT g.reference
          FROM grants g
         WHERE g.partition = $1 AND g.account = $2 AND starts_with(g.reference, $3)
           AND substr(g.reference, length($3) + 1) ~ '^[1-9][0-9]*([.][1-9][0-9]*)?$'
         LIMIT 1
        """;

    /// <summary><c>$3 uuid[]</c> the possible ids, the likeliest first.</summary>
    public const string FindGrant =
        $"""
        SELECT {GrantColumns}
          FROM grants g
          JOIN features f ON f.id = g.feature
         WHERE g.partition = $1 AND g.account = $2 AND g.id = ANY ($3)
         ORDER BY array_position($3, g.id)
         LIMIT 1
        """;

    /// <summary>Newest first; <c>$3</c> the grant after which the list starts (null: the beginning), <c>$4</c> number of rows.</summary>
    public const string ListGrants =
        $"""
        SELECT {GrantColumns}
          FROM grants g
          JOIN features f ON f.id = g.feature
         WHERE g.partition = $1 AND g.account = $2
           AND ($3::uuid IS NULL
                OR (g.created_at, g.id) < (SELECT s.created_at, s.id FROM grants s WHERE s.partition = $1 AND s.account = $2 AND s.id = $3))
         ORDER BY g.created_at DESC, g.id DESC
         LIMIT $4
        """;

    /// <summary>The grants of a feature that can burn. <c>$3</c> feature, <c>$4</c> the project's time.</summary>
    public const string LiveGrants =
        $"""
        SELECT {GrantColumns}
          FROM grants g
          JOIN features f ON f.id = g.feature
         WHERE g.partition = $1 AND g.account = $2 AND g.feature = $3 AND g.effective_at <= $4 AND g.expires_at > $4
           AND g.used + g.forfeited < g.amount
        """;

    /// <summary>
    /// True if more than <c>$4</c> grants that are unexpired at <c>$3</c> are not used up; or if there are more than <c>$5</c> with those
    /// that expired in the 36 days before: late events are decided with them.
    /// </summary>
    public const string HasTooMany =
        """
        SELECT count(*) FILTER (WHERE g.expires_at > $3 AND g.used + g.forfeited < g.amount) > $4 OR count(*) > $5
          FROM grants g
         WHERE g.partition = $1 AND g.account = $2 AND g.expires_at > $3 - interval '36 days' AND g.source <> 'rollover'
        """;

    /// <summary>
    /// Voids the rest of a grant. Burned units stay burned. <c>$3 uuid[]</c> as for <see cref="FindGrant"/>, <c>$4</c> the project's time.
    /// Row: the id.
    /// </summary>
    public const string VoidGrant =
        """
        UPDATE grants SET forfeited = amount - used, withdrawn = withdrawn + amount - used - forfeited, voided_at = coalesce(voided_at, $4)
         WHERE partition = $1 AND account = $2
           AND id = (SELECT s.id FROM grants s WHERE s.partition = $1 AND s.account = $2 AND s.id = ANY ($3)
               ORDER BY array_position($3, s.id) LIMIT 1)
        RETURNING id
        """;

    /// <summary>
    /// Withdraws parts of grants. <c>$3 uuid[]</c> grants, <c>$4 numeric[]</c> amounts, <c>$5</c> the project's time. A grant with nothing
    /// left becomes void.
    /// </summary>
    public const string Withdraw =
        """
        UPDATE grants g
           SET forfeited = g.forfeited + x.amount, withdrawn = g.withdrawn + x.amount,
               voided_at = CASE WHEN g.used + g.forfeited + x.amount = g.amount THEN coalesce(g.voided_at, $5) ELSE g.voided_at END
          FROM unnest($3::uuid[], $4::numeric[]) AS x (id, amount)
         WHERE g.partition = $1 AND g.account = $2 AND g.id = x.id
        """;

    public const string DeleteAll = "DELETE FROM grants WHERE partition = $1 AND account = $2";
}
