using Npgsql;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Grants;

/// <summary>A grant in a list.</summary>
/// <param name="Id">The caller's id if it gave one, otherwise the generated one.</param>
/// <param name="Feature">The feature's code, even if the catalogue has dropped it since.</param>
public sealed record GrantRow(string Id, string Feature, Grant Grant)
{
    public Instant? VoidedAt { get; init; }

    /// <summary>Returns the id that the ledger stores for the caller's id.</summary>
    public static Guid KeyOf(string id) => EventKey.Parse(id, default).Id;

    /// <summary>
    /// Returns the ids that the name may refer to, the likeliest first. The ledger's own grants, rollovers, have UUIDs of version 8 as ids;
    /// if a caller used such a UUID as its id, the ledger stored its hash as of any text.
    /// </summary>
    internal static Guid[] KeysSought(string id) =>
        Guid.TryParseExact(id, "D", out var own) && own.Version == 8 ? [KeyOf(id), own] : [KeyOf(id)];

    /// <summary>The names of all sources.</summary>
    public static IReadOnlyList<string> Sources { get; } = [.. Enum.GetValues<GrantSource>().Select(NameOf)];

    public static string NameOf(GrantSource source) => source switch
    {
        GrantSource.Rollover => "rollover",
        GrantSource.TopUp => "topup",
        GrantSource.Promotion => "promotion",
        GrantSource.Gift => "gift",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, null),
    };

    /// <summary>Parses a source that an operator may grant; only the ledger makes rollovers.</summary>
    public static bool TryParseSource(string name, out GrantSource source)
    {
        source = name switch
        {
            "promotion" => GrantSource.Promotion,
            "gift" => GrantSource.Gift,
            _ => GrantSource.TopUp,
        };
        return name is "topup" or "promotion" or "gift";
    }

    /// <summary>Reads a grant that exists, as the transaction sees it.</summary>
    internal static async Task<GrantRow> FindAsync(CustomerChange change, Guid id, CancellationToken cancel)
    {
        await using var command = change.Command(GrantSql.FindGrant, change.Row.Partition, change.Row.Account, new[] { id });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return Read(new(reader));
    }

    /// <summary>Reads the columns of <c>GrantSql.GrantColumns</c>.</summary>
    internal static GrantRow Read(RowReader row)
    {
        var grant = new Grant
        {
            Id = row.Id("id"),
            FeatureKey = row.Whole("feature"),
            Source = SourceOf(row.Text("source")),
            Priority = row.Small("priority"),
            Amount = Quantity.Of(row.Number("amount")),
            Used = Quantity.Of(row.Number("used")),
            Forfeited = Quantity.Of(row.Number("forfeited")),
            EffectiveAt = row.Time("effective_at"),
            ExpiresAt = row.Time("expires_at"),
            CreatedAt = row.Time("created_at"),
        };
        return new(row.IsNull("reference") ? grant.Id.ToString() : row.Text("reference"), row.Text("feature_code"), grant)
        {
            VoidedAt = row.TimeOrNull("voided_at"),
        };
    }

    /// <summary>Parses a source that the database stores.</summary>
    public static GrantSource SourceOf(string name) =>
        name == "rollover" ? GrantSource.Rollover
        : TryParseSource(name, out var source) ? source
        : throw new InvalidOperationException($"The database names a source of grants that this server does not know: {name}.");
}
