using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Subscriptions;

/// <summary>A row of <c>subscriptions</c>: the subscription, the row's place, and texts for readers.</summary>
/// <param name="Reference">The caller's id, if it was not a UUID.</param>
/// <param name="Version">The number of its facts.</param>
public sealed record SubscriptionRow(short Partition, int Account, Subscription Subscription, int Version, string? Reference)
{
    /// <summary>In the customer's own words.</summary>
    public string? CancelComment { get; init; }

    /// <summary>The price at the provider that manages it, by the provider's id.</summary>
    public string? ProviderPrice { get; init; }

    public Instant? ParkedAt { get; init; }

    public string? ParkedReason { get; init; }

    /// <summary>Reads the columns of <c>SubscriptionSql.Columns</c>.</summary>
    internal static SubscriptionRow Read(RowReader row, ProjectSnapshot project)
    {
        var currency = Currency.Of(row.Text("currency"));
        var subscription = new Subscription
        {
            Id = row.Id("id"),
            Status = CatalogWords.Read<SubscriptionStatus>(row.Text("status")),
            Terms = new(
                project.Catalog.VersionOf(row.Whole("plan_version_id")), CatalogWords.Read<PriceInterval>(row.Text("interval")),
                currency,
                row.Long("quantity"))
            {
                CustomAmount = row.LongOrNull("custom_amount"), AddOns = AddOnText.Read(row.Text("add_ons")),
                AgreedDiscount = StoredDiscount.Read(row.TextOrNull("discount")),
            },
            Scheduled = row.IsNull("scheduled") ? null : StoredTerms.Read(row.Text("scheduled"), currency, project.Catalog),
            StartedAt = row.Time("started_at"),
            Anchor = new(row.Time("anchor"), row.SmallOrNull("anchor_day")),
            Current = new(row.Time("period_start"), row.Time("period_end")),
            Billed = new(row.Long("billed"), currency),
            TermsSince = row.Time("terms_since"),
            Committed = new(row.Long("committed"), currency),
            UsageFrom = row.Time("usage_from"),
            UsageDueAt = row.TimeOrNull("usage_due_at"),
            TrialEnd = row.TimeOrNull("trial_end"),
            ConvertsTrial = row.Flag("converts_trial"),
            CancelAt = row.TimeOrNull("cancel_at"),
            CancelReason = row.TextOrNull("cancel_reason"),
            PausedAt = row.TimeOrNull("paused_at"),
            ResumeAt = row.TimeOrNull("resume_at"),
            EndedAt = row.TimeOrNull("ended_at"),
            ManagedBy = row.TextOrNull("managed_by"),
            Reduced = new(row.Number("reduced")),
            AmountOff = new(row.Long("amount_off"), currency),
        };
        return new(row.Small("partition"), row.Whole("account"), subscription, row.Whole("version"), row.TextOrNull("reference"))
        {
            CancelComment = row.TextOrNull("cancel_comment"), ParkedAt = row.TimeOrNull("parked_at"),
            ParkedReason = row.TextOrNull("parked_reason"), ProviderPrice = row.TextOrNull("provider_price"),
        };
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
        return new(catalog.VersionOf(stored.PlanVersion), CatalogWords.Read<PriceInterval>(stored.Interval), currency, stored.Quantity)
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
