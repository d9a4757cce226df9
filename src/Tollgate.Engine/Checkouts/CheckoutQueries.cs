using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Checkouts;

/// <summary>The order of a checkout. Its kind decides which properties apply; a null property was not given.</summary>
public sealed record CheckoutWanted
{
    public string? Plan { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<PriceInterval>))]
    public PriceInterval? Interval { get; init; }

    /// <summary>ISO 4217.</summary>
    public string? Currency { get; init; }

    public long? Quantity { get; init; }

    public bool? Trial { get; init; }

    public string? Coupon { get; init; }

    /// <summary>True to ask for a payment method only if an amount is due now.</summary>
    public bool? MethodIfRequired { get; init; }

    public IReadOnlyDictionary<string, long>? AddOns { get; init; }

    /// <summary>For <see cref="CheckoutKind.Change"/>: the subscription to change; the next properties say how.</summary>
    public Guid? Subscription { get; init; }

    public string? When { get; init; }

    public string? Proration { get; init; }

    public long? CustomAmount { get; init; }

    /// <summary>The discount agreed on the plan's price.</summary>
    public LineDiscount? Discount { get; init; }

    public string? Pack { get; init; }

    public long? Count { get; init; }

    public Guid? Invoice { get; init; }

    internal string Write() => JsonSerializer.Serialize(this, CheckoutJson.Stored.CheckoutWanted);

    internal static CheckoutWanted Read(string json) => JsonSerializer.Deserialize(json, CheckoutJson.Stored.CheckoutWanted)!;
}

[JsonSerializable(typeof(CheckoutWanted))]
internal sealed partial class CheckoutJson : JsonSerializerContext
{
    public static CheckoutJson Stored { get; } = new(PlainJson.Stored());
}

/// <summary>A checkout and its place.</summary>
public sealed record CheckoutRow(Checkout Checkout, CheckoutWanted Wanted, int Project, short Partition, int Account)
{
    /// <summary>Reads the columns of <c>CheckoutSql.Columns</c>, in their order.</summary>
    internal static CheckoutRow Read(RowReader row)
    {
        var checkout = new Checkout
        {
            Id = row.Id("id"),
            Customer = row.Text("customer_id"),
            Kind = CatalogWords.Read<CheckoutKind>(row.Text("kind")),
            SuccessUrl = row.TextOrNull("success_url"),
            CancelUrl = row.TextOrNull("cancel_url"),
            Status = CatalogWords.Read<CheckoutStatus>(row.Text("status")),
            CreatedAt = row.Time("created_at"),
            ExpiresAt = row.Time("expires_at"),
            FinishedAt = row.TimeOrNull("finished_at"),
            Subscription = row.IdOrNull("subscription"),
            Invoice = row.IdOrNull("invoice"),
            Payment = row.IdOrNull("payment"),
        };
        return new(
            checkout, CheckoutWanted.Read(row.Text("wanted")), row.Whole("project_id"), row.Small("partition"), row.Whole("account"));
    }
}

/// <summary>A provider's page on which a customer can pay an invoice.</summary>
/// <param name="Reference">The provider's id of the page.</param>
/// <param name="SealedUrl">The page's address, encrypted: anyone who has the address can pay there.</param>
/// <param name="Amount">The amount due, in minor units.</param>
internal sealed record OpenPage(
    Guid Payment, Guid Checkout, PaymentProvider Provider, string Reference, string SealedUrl, long Amount, Instant OpenedAt);

/// <summary>Reads checkouts. Every statement is bounded by the project, or by a token that nobody can guess.</summary>
public sealed class CheckoutQueries(NpgsqlDataSource database)
{
    /// <summary>
    /// The most open pages of one customer. A new page beyond that ends the oldest, because often the customer opens them: a refusal would
    /// block the project's back end. Links in mails, an invoice's page at a provider, and pages that end in a provider-managed subscription
    /// do not count.
    /// </summary>
    public const int MostOpen = 20;

    public async Task<CheckoutRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await FindAsync(connection, project, id, cancel);
    }

    public async Task<IReadOnlyList<CheckoutRow>> FindSeveralAsync(
        ProjectSnapshot project, IReadOnlyCollection<Guid> ids, CancellationToken cancel)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(connection.Command(CheckoutSql.FindSeveral, project.Id, ids.ToArray()), cancel);
    }

    /// <summary>Finds the checkout whose page has this address.</summary>
    public async Task<CheckoutRow?> FindByTokenAsync(string token, CancellationToken cancel)
    {
        if (!KeyHash.TryOf(token, out var hash))
        {
            return null;
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        return (await ReadAsync(connection.Command(CheckoutSql.FindByToken, hash.ToBytes()), cancel)).SingleOrDefault();
    }

    /// <summary>
    /// Returns the current state of the credential that issued the page with this address. The state is revoked if the token or session
    /// that opened the page is.
    /// </summary>
    public async Task<IssuerState> IssuerOfAsync(string token, CancellationToken cancel)
    {
        await using var command = database.Command(CheckoutSql.IssuerOf, KeyHash.Of(token).ToBytes());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var issuer = IssuerState.Read(reader, 1);
        return reader.GetBoolean(0) ? issuer with { RevokedAt = Instant.Epoch } : issuer;
    }

    /// <summary>Lists the newest first.</summary>
    public async Task<IReadOnlyList<CheckoutRow>> ListAsync(
        ProjectSnapshot project, string? customer, CheckoutStatus? status, Guid? after, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(
            connection.Command(
                CheckoutSql.List,
                project.Id,
                SqlCommands.OrNull(customer, NpgsqlDbType.Text),
                SqlCommands.OrNull(status is { } wanted ? CatalogWords.Of(wanted) : null, NpgsqlDbType.Text),
                SqlCommands.OrNull(after, NpgsqlDbType.Uuid),
                limit),
            cancel);
    }

    /// <summary>The newest attempt to pay the checkout.</summary>
    public async Task<PaymentRow?> LastPaymentAsync(CheckoutRow row, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await PaymentQueries.ReadAsync(
            connection, connection.Command(CheckoutSql.Payments, row.Partition, row.Account, row.Checkout.Id), cancel) is [var newest, ..]
            ? newest
            : null;
    }

    internal static async Task<CheckoutRow?> FindAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        (await ReadAsync(connection.Command(CheckoutSql.Find, project.Id, id), cancel)).SingleOrDefault();

    /// <summary>Null: the invoice has no provider's page that the customer can still pay.</summary>
    internal static async Task<OpenPage?> PageOfAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Guid invoice, CancellationToken cancel)
    {
        await using var command = connection.Command(CheckoutSql.PageOf, project.Id, invoice);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(
                reader.GetGuid(0), reader.GetGuid(1), CatalogWords.Read<PaymentProvider>(reader.GetString(2)), reader.GetString(3),
                reader.GetString(4), reader.GetInt64(5),
                Instant.FromUtc(reader.GetDateTime(6)))
            : null;
    }

    private static async Task<List<CheckoutRow>> ReadAsync(NpgsqlCommand select, CancellationToken cancel)
    {
        await using var command = select;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<CheckoutRow>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(CheckoutRow.Read(row));
        }

        return rows;
    }
}
