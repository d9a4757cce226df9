using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Subscriptions;

/// <summary>A row of <c>subscriptions</c>: the subscription, the row's place, and texts for readers.</summary>
/// <param name="Reference">The caller's id, if it was not a UUID.</param>
/// <param name="Version">The number of its facts.</param>
public sealed record SubscriptionRow(short Partition, int Account, Subscription Subscription, int Version, string? Reference)
{
    /// <summary>In the customer's own words.</summary>
    public string? CancelComment { get; init; }

    public Instant? ParkedAt { get; init; }

    public string? ParkedReason { get; init; }

    /// <summary>The number of columns that <see cref="Read"/> reads.</summary>
    internal const int Columns = 37;

    /// <summary>The columns of <c>SubscriptionSql.Columns</c>, in their order.</summary>
    internal static SubscriptionRow Read(NpgsqlDataReader reader, ProjectSnapshot project)
    {
        var currency = Currency.Of(reader.GetString(6));
        var subscription = new Subscription
        {
            Id = reader.GetGuid(0),
            Status = CatalogWords.Read<SubscriptionStatus>(reader.GetString(3)),
            Terms = new(
                project.Catalog.PlanVersions[reader.GetInt32(4)], CatalogWords.Read<PriceInterval>(reader.GetString(5)), currency,
                reader.GetInt64(7))
            {
                CustomAmount = reader.IsDBNull(8) ? null : reader.GetInt64(8), AddOns = AddOnText.Read(reader.GetString(9)),
                AgreedDiscount = StoredDiscount.Read(TextOrNull(35)),
            },
            Scheduled = reader.IsDBNull(10) ? null : StoredTerms.Read(reader.GetString(10), currency, project.Catalog),
            StartedAt = At(11),
            Anchor = new(At(12), reader.IsDBNull(13) ? null : reader.GetInt16(13)),
            Current = new(At(14), At(15)),
            Billed = new(reader.GetInt64(16), currency),
            TermsSince = At(31),
            Committed = new(reader.GetInt64(32), currency),
            UsageFrom = At(17),
            UsageDueAt = AtOrNull(18),
            TrialEnd = AtOrNull(19),
            ConvertsTrial = reader.GetBoolean(20),
            CancelAt = AtOrNull(21),
            CancelReason = TextOrNull(22),
            PausedAt = AtOrNull(24),
            ResumeAt = AtOrNull(25),
            EndedAt = AtOrNull(26),
            ManagedBy = TextOrNull(33),
            Reduced = new(reader.GetDecimal(34)),
            AmountOff = new(reader.GetInt64(36), currency),
        };
        return new(reader.GetInt16(29), reader.GetInt32(30), subscription, reader.GetInt32(2), TextOrNull(1))
        {
            CancelComment = TextOrNull(23), ParkedAt = AtOrNull(27), ParkedReason = TextOrNull(28),
        };

        Instant At(int column) => Instant.FromUtc(reader.GetDateTime(column));
        Instant? AtOrNull(int column) => reader.IsDBNull(column) ? null : At(column);
        string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }
}

/// <summary>The stored form of <c>subscriptions.scheduled</c>.</summary>
/// <param name="AddOns">As <see cref="AddOnText"/> writes them.</param>
internal sealed record StoredTerms(
    int PlanVersion, string Interval, long Quantity, long? CustomAmount, string AddOns, string? Discount = null)
{
    public static string Write(SubscriptionTerms terms) => JsonSerializer.Serialize(
        new StoredTerms(
            terms.Plan.Id, CatalogWords.Of(terms.Interval), terms.Quantity, terms.CustomAmount, AddOnText.Write(terms.AddOns),
            StoredDiscount.Write(terms.AgreedDiscount)),
        SubscriptionJson.Stored.StoredTerms);

    public static SubscriptionTerms Read(string json, Currency currency, PublishedCatalog catalog)
    {
        var stored = JsonSerializer.Deserialize(json, SubscriptionJson.Stored.StoredTerms)!;
        return new(catalog.PlanVersions[stored.PlanVersion], CatalogWords.Read<PriceInterval>(stored.Interval), currency, stored.Quantity)
        {
            CustomAmount = stored.CustomAmount, AddOns = AddOnText.Read(stored.AddOns),
            AgreedDiscount = StoredDiscount.Read(stored.Discount),
        };
    }
}

/// <summary>The stored form of an agreed discount: <c>{"percent": 10}</c> or <c>{"amount": 500}</c>.</summary>
internal sealed record StoredDiscount(decimal? Percent, long? Amount)
{
    public static string? Write(LineDiscount? discount) =>
        discount is null
            ? null
            : JsonSerializer.Serialize(new(discount.Percent?.Value, discount.AmountMinor), SubscriptionJson.Stored.StoredDiscount);

    public static LineDiscount? Read(string? json) =>
        json is null ? null
            : JsonSerializer.Deserialize(json, SubscriptionJson.Stored.StoredDiscount) is var (percent, amount)
            ? new(percent is { } rate ? new Percent(rate) : null, amount)
            : null;
}

/// <summary>The state of a subscription after a step, as a fact of the timeline stores it.</summary>
public sealed record SubscriptionState(
    string Status, string Plan, int PlanVersion, string Interval, long Quantity, long Amount, DateTime PeriodStart, DateTime PeriodEnd,
    string? ScheduledPlan,
    DateTime? CancelAt, string? CancelReason)
{
    /// <summary>An agreed amount instead of the plan's price, in minor units.</summary>
    public long? CustomAmount { get; init; }

    /// <summary>An agreed discount of the plan's price, in its stored form.</summary>
    public string? Discount { get; init; }

    /// <summary>Code and quantity; null: none.</summary>
    public IReadOnlyDictionary<string, long>? AddOns { get; init; }

    internal static SubscriptionState Of(Subscription subscription) => new(
        CatalogWords.Of(subscription.Status),
        subscription.Terms.Plan.Code,
        subscription.Terms.Plan.Number,
        CatalogWords.Of(subscription.Terms.Interval),
        subscription.Terms.Quantity,
        subscription.Terms.Amount.Minor,
        subscription.Current.Start.ToUtc(),
        subscription.Current.End.ToUtc(),
        subscription.Scheduled?.Plan.Code,
        subscription.CancelAt?.ToUtc(),
        subscription.CancelReason)
    {
        CustomAmount = subscription.Terms.CustomAmount,
        Discount = StoredDiscount.Write(subscription.Terms.AgreedDiscount),
        AddOns = subscription.Terms.AddOns.Count == 0
            ? null
            : subscription.Terms.AddOns.ToDictionary(static held => held.AddOn.Code, static held => held.Quantity),
    };
}

[JsonSerializable(typeof(StoredTerms))]
[JsonSerializable(typeof(StoredDiscount))]
[JsonSerializable(typeof(SubscriptionState))]
internal sealed partial class SubscriptionJson : JsonSerializerContext
{
    public static SubscriptionJson Stored { get; } = new(PlainJson.Stored());
}
