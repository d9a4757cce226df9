using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Imports;

/// <summary>The facts of an imported subscription: its start, the end of its trial, and its end.</summary>
internal sealed class SubscriptionTimeline
{
    private readonly List<(SubscriptionVerb, Instant, string)> _facts = [];

    public SubscriptionTimeline(SubscriptionRecord record, PublishedCatalog catalog, Instant now)
    {
        Terms = TermsOf(record, catalog);
        var end = record.EndedAt ?? now;
        var trialEnd = record.TrialEnd < end ? record.TrialEnd : null;
        var isTrialAtFirst = record.TrialEnd is not null;
        Last = new(record.StartedAt, isTrialAtFirst && trialEnd is { } until ? until : end);
        Status = isTrialAtFirst ? SubscriptionStatus.Trialing : SubscriptionStatus.Active;
        Add(SubscriptionVerb.Start, record.StartedAt, null);
        if (trialEnd is { } paidFrom)
        {
            (Last, Status) = (new(paidFrom, end), SubscriptionStatus.Active);
            Add(SubscriptionVerb.ConvertTrial, paidFrom, null);
        }

        if (Status == SubscriptionStatus.Active)
        {
            Paid = (Last.Start, _facts.Count, end);
        }

        var expires = record.TrialEnd == end;
        Status = expires ? SubscriptionStatus.Expired : SubscriptionStatus.Canceled;
        Add(expires ? SubscriptionVerb.ExpireTrial : SubscriptionVerb.Cancel, end, record.CancelReason);
    }

    public SubscriptionTerms Terms { get; }

    /// <summary>The state after the last fact.</summary>
    public SubscriptionStatus Status { get; private set; }

    /// <summary>The last period: the trial, or everything after it.</summary>
    public Period Last { get; private set; }

    /// <summary>The facts in their order, with the state after each as JSON.</summary>
    public IReadOnlyList<(SubscriptionVerb Verb, Instant At, string After)> Facts => _facts;

    /// <summary>The paid time: its start, the number of the fact with which it starts, and its end. Null: only a trial.</summary>
    public (Instant From, int Step, Instant To)? Paid { get; }

    public static SubscriptionTerms TermsOf(SubscriptionRecord record, PublishedCatalog catalog) =>
        new(catalog.Plans[record.Plan], record.Period, record.Currency, record.Quantity) { CustomAmount = record.Amount };

    private void Add(SubscriptionVerb verb, Instant at, string? reason) => _facts.Add(
        (verb, at, JsonSerializer.Serialize(
            new SubscriptionState(
                CatalogWords.Of(Status), Terms.Plan.Code, Terms.Plan.Number, CatalogWords.Of(Terms.Interval), Terms.Quantity,
                Terms.Amount.Minor, Last.Start.ToUtc(), Last.End.ToUtc(), null, null, reason) { CustomAmount = Terms.CustomAmount },
            SubscriptionJson.Stored.SubscriptionState)));
}
