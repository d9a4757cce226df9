using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Core.Catalog;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>Explains a decision from the facts recorded under its id, in numbers and in sentences.</summary>
internal static class DecisionsEndpoints
{
    /// <summary>The reason of an event that no meter read.</summary>
    internal const string NotMetered = "not_metered";

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<DecisionQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/decisions/{id}", (RequestDelegate)(context => FindAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoadByCustomer().Describe(new("Metering", "Explain a decision",
            "Explains the consume, event, settlement or reservation with this id: the units that it took from each balance, grant and "
            + "credit pool, and the thresholds that it crossed. Tollgate only counts refusals, so the id of a refused request gets a 404; "
            + "`GET /v1/customers/{id}/explain` explains the current state.")
        {
            Query = [new("customer", "The event's customer: a faster lookup, and necessary if several customers use the id.")],
            Path = new Dictionary<string, string> { ["id"] = "The id of the event or the reservation; the event's key where it has one." },
            Answers =
            [
                Example.Of<DecisionExplained>(200, "The decision",
                    """
                    {"id": "e-4", "kind": "event", "customer": "user_42", "member": null, "occurred_at": "2026-11-21T08:00:00Z",
                     "recorded_at": "2026-11-21T08:00:00Z",
                     "allowed": true, "reason": "within_quota", "type": "ats_scan", "quantity": 1,
                     "postings": [{"feature": "ats_scan", "period_start": "2026-11-01T00:00:00Z", "used": 1, "drawn": 0, "used_after": 1,
                      "quota": 2, "used_now": 1}],
                     "burned": [], "thresholds": [], "voided_by": null, "voids": null,
                     "because": ["ats_scan: 1 was taken, 1 of 2 was used right after it."]}
                    """),
            ],
            Errors = [ErrorCode.EventNotFound, ErrorCode.ReservationAmbiguous, ErrorCode.ValidationFailed],
        });
    }

    private static async Task FindAsync(HttpContext context, DecisionQueries queries, Clock clock)
    {
        var faults = new Faults();
        var id = RawPath.Id(context);
        string? customer = context.Request.Query["customer"];
        faults.Id(id, "id");
        faults.Id(customer, "customer", required: false);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (facts, fault) = await queries.FindAsync(context.Project(), id, customer, clock.Now(), context.RequestAborted);
        if (fault == GateFault.EventUnknown && customer is not null
            && await context.RequestServices.GetRequiredService<MemberQueries>()
                .OwnerOfAsync(context.Project(), customer, context.RequestAborted) is { } owner)
        {
            (facts, fault) = await queries.FindAsync(context.Project(), id, owner, clock.Now(), context.RequestAborted);
        }

        if (facts is null)
        {
            await Problems.WriteAsync(context, OutcomeMap.Code(fault)!, fault switch
            {
                GateFault.EventUnknown =>
                    "Tollgate has no record with this id. It only counts refused requests, so it cannot explain them.",
                GateFault.HoldAmbiguous => "Several customers have a record with this id: name the customer.",
                _ => null,
            });
            return;
        }

        await Answer.Json(
            context, StatusCodes.Status200OK, facts.Event is { } row ? ViewOf(facts, row) : ViewOf(context.Project(), facts),
            WireJson.Default.DecisionExplained);
    }

    private static DecisionExplained ViewOf(DecisionFacts facts, EventRow row) => new()
    {
        Id = row.Id,
        Kind = CatalogWords.Of(row.Voids is not null ? DecisionKind.Void : facts.IsSettle ? DecisionKind.Settlement : DecisionKind.Event),
        Customer = row.Customer,
        Member = row.Member,
        OccurredAt = row.OccurredAt.ToOffset(),
        RecordedAt = row.RecordedAt.ToOffset(),
        Allowed = true,
        Reason = facts.Outcome is { } outcome ? OutcomeMap.Reason(outcome) : NotMetered,
        Type = row.Type,
        Quantity = row.Quantity.Value,
        Postings = [.. facts.Postings.Select(p => new PostingView
        {
            Feature = p.Feature, PeriodStart = p.Posting.PeriodStart.ToOffset(), Used = p.Posting.Used.Value, Drawn = p.Posting.Drawn.Value,
            UsedAfter = p.UsedAfter?.Value, Quota = p.Quota?.Value, UsedNow = p.UsedNow?.Value,
        })],
        Burned = [.. facts.Burned.Select(b => new BurnedGrant(b.Grant, b.Source, b.Amount.Value))],
        Thresholds = [
            .. facts.Crossings.Select(c => new CrossedThreshold(c.Feature, c.Percent, c.Used.Value, c.Granted.Value, c.At.ToOffset()))],
        VoidedBy = row.VoidedBy,
        Voids = row.Voids,
        Because = Sentences(facts, row),
    };

    private static DecisionExplained ViewOf(ProjectSnapshot project, DecisionFacts facts)
    {
        var hold = facts.Hold!;
        var state = CatalogWords.Of(hold.State);
        return new()
        {
            Id = hold.Reference ?? hold.Id.ToString("D"), Kind = CatalogWords.Of(DecisionKind.Reservation), Customer = facts.Customer,
            Member = hold.Member,
            OccurredAt = hold.CreatedAt.ToOffset(), RecordedAt = hold.CreatedAt.ToOffset(), Allowed = true, Reason = state,
            Postings = [], Burned = [], Thresholds = [],
            Because =
            [
                .. hold.Parts.Select(p => $"{project.Catalog.FeatureOf(p.FeatureKey).Code}: {p.Amount} was available and was held."),
                $"The reservation is {state}; its expiry is {hold.ExpiresAt}. No part of it was settled.",
            ],
        };
    }

    private static IReadOnlyList<string> Sentences(DecisionFacts facts, EventRow row)
    {
        if (facts.Postings.Count == 0)
        {
            return [$"No meter of the catalogue read events of the type '{row.Type}' when it was recorded, so it counted for no feature."];
        }

        var own = facts.Postings[0];
        var sentences = new List<string>();
        sentences.AddRange(facts.Postings.Select(Sentence));
        sentences.AddRange(facts.Burned.Select(b => b.Amount.IsNegative
            ? $"{-b.Amount} went back to the {b.Source} grant {b.Grant}."
            : $"The {b.Source} grant {b.Grant} paid {b.Amount} of it."));
        sentences.AddRange(facts.Crossings.Select(c => $"It reached {c.Percent} percent of the {c.Granted} granted of {c.Feature}."));
        if (facts.Outcome == Outcome.Overage)
        {
            sentences.Add($"The cap of {own.Feature} is soft: use beyond it counts as overage.");
        }
        else if (facts.Outcome == Outcome.RecordedOverLimit)
        {
            sentences.Add(
                "The use is a fact: Tollgate recorded it although it goes beyond the cap, "
                    + "and denies later decisions.");
        }

        Add(facts.IsSettle, $"It settles the reservation of {facts.Hold?.CreatedAt}.");
        Add(facts.IsLate, "The reservation had expired before the settle, so Tollgate recorded the use as a fact.");
        Add(row.Voids is not null, $"It reverses {row.Voids}.");
        Add(row.VoidedBy is not null, $"It was voided by {row.VoidedBy} and no longer counts.");
        return sentences;

        void Add(bool applies, string sentence)
        {
            if (applies)
            {
                sentences.Add(sentence);
            }
        }
    }

    private static string Sentence(PostingFact posting)
    {
        var took = posting.Posting.Used.IsNegative ? $"{-posting.Posting.Used} was given back" : $"{posting.Posting.Used} was taken";
        var after = posting.UsedAfter is { } used
            ? $", {used} {(posting.Quota is { } quota ? $"of {quota} " : "")}was used right after it"
            : "";
        var drawn = posting.Posting.Drawn.IsPositive ? $", {posting.Posting.Drawn} of it paid by grants or a credit pool" : "";
        return $"{posting.Feature}: {took}{after}{drawn}.";
    }
}

/// <summary>The kind of fact with the id, as in the explanation.</summary>
internal enum DecisionKind
{
    Event,
    Settlement,
    Void,
    Reservation,
}
