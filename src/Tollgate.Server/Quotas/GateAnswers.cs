using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Quotas;
using Tollgate.Core.Catalog;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Quotas;

/// <summary>Turns the gate's answers into bodies, headers and problems. Holds no rule.</summary>
internal static class GateAnswers
{
    /// <summary>Writes the problem of a fault or a refusal; false when the answer is an allowed decision.</summary>
    /// <param name="features">The features that the request names.</param>
    public static bool TryWriteProblem(
        HttpContext context, ProjectSnapshot project, string? customer, GateAnswer answer, out Task written,
        params IEnumerable<string> features)
    {
        if (OutcomeMap.Code(answer.Fault) is { } fault)
        {
            written = Problems.WriteAsync(
                context, fault,
                answer is { Fault: GateFault.IdReused, Id: { } id }
                    ? Problems.Reused("id", id)
                    : answer.FaultDetail ?? Explain(project.Catalog, answer.Fault, features));
            return true;
        }

        if (answer.Decision is { Allowed: false } refused)
        {
            written = WriteRefusal(context, project, customer, refused);
            return true;
        }

        written = Task.CompletedTask;
        return false;
    }

    /// <summary>Names the feature that the catalogue does not have or does not count; null: another fault.</summary>
    private static string? Explain(PublishedCatalog catalog, GateFault fault, IEnumerable<string> features) => fault switch
    {
        GateFault.FeatureUnknown when features.FirstOrDefault(code => !catalog.Features.ContainsKey(code)) is { } unknown =>
            UnknownNames.Feature(catalog, unknown),
        GateFault.FeatureNotMetered
            when features.FirstOrDefault(code => catalog.Features.GetValueOrDefault(code)?.Feature.Kind is FeatureKind.Switch
                or FeatureKind.Value) is { } read =>
            $"The feature '{read}' is a {CatalogWords.Of(catalog.Features[read].Feature.Kind)}, so it has no quantity to consume.",
        GateFault.LevelNotConsumed
            when features.FirstOrDefault(code => catalog.Features.GetValueOrDefault(code)?.Feature.IsLevel == true) is { } level =>
            $"The feature '{level}' is a level: report its value as an event of the type "
                + $"'{catalog.Features[level].Feature.Meters[0].EventType}'.",
        _ => null,
    };

    private static Task WriteRefusal(HttpContext context, ProjectSnapshot project, string? customer, Decision decision)
    {
        var code = OutcomeMap.Code(decision.Outcome)!;
        WriteRateHeaders(context, decision);
        var problem = RefusalOf(code, project, customer, decision, PublicAddress.Find(context));
        if (problem.Status == code.Status)
        {
            return Problems.WriteAsync(context, problem, decision.RetryAfter);
        }

        // A used-up quota under the status of a rate limit: the next period begins at resets_at, and no retry of a client helps before.
        context.Response.Headers["X-Should-Retry"] = "false";
        var clock = context.RequestServices.GetRequiredService<Clock>();
        return Problems.WriteAsync(context, problem, decision.Standing?.ResetsAt is { } at ? at - clock.Now(project) : null);
    }

    /// <summary>The problem of a refusal with the numbers behind it. Doors that answer in another shape use it too.</summary>
    /// <param name="server">The address at which customers reach the server; null: unknown, and an upgrade link that is a path stays a
    /// path.</param>
    public static Problem RefusalOf(ErrorCode code, ProjectSnapshot project, string? customer, Decision decision, Uri? server)
    {
        var feature = project.Catalog.FeatureOf(decision.FeatureKey);
        var standing = decision.Standing;
        var suggested = code.Status == StatusCodes.Status402PaymentRequired ? SuggestedPlan(project, decision, feature) : null;
        return Problem.Of(code, Explain(project, decision)) with
        {
            Status = OutcomeMap.StatusOf(code, project.Catalog.Document.OverLimit),
            Feature = feature.Code,
            Plan = decision.Plan,
            Limit = standing?.Limit?.Value ?? (decision.Outcome == Outcome.FeatureNotInPlan ? 0 : null),
            Used = standing?.Used.Value ?? (decision.Outcome == Outcome.FeatureNotInPlan ? 0 : null),
            Held = standing?.Held.Value ?? (decision.Outcome == Outcome.FeatureNotInPlan ? 0 : null),
            Remaining = standing?.Remaining?.Value ?? (decision.Outcome == Outcome.FeatureNotInPlan ? 0 : null),
            Requested = decision.Requested?.Value,
            ResetsAt = standing?.ResetsAt?.ToOffset(),
            Reason = OutcomeMap.Reason(decision.Outcome),
            UpgradeUrl = UpgradeLink.Of(project, server, customer, feature.Code, decision.Plan),
            SuggestedPlan = suggested,
        };
    }

    public static DecisionView ViewOf(ProjectSnapshot project, Decision decision)
    {
        var standing = decision.Standing;
        return new()
        {
            Allowed = decision.Allowed,
            Reason = OutcomeMap.Reason(decision.Outcome),
            Feature = project.Catalog.FeatureOf(decision.FeatureKey).Code,
            Plan = decision.Plan,
            Limit = standing?.Limit?.Value,
            Used = standing?.Used.Value,
            Held = standing?.Held.Value,
            Remaining = standing?.Remaining?.Value,
            Unlimited = standing is { Limit: null },
            ResetsAt = standing?.ResetsAt?.ToOffset(),
        };
    }

    public static ConsumedView ConsumedOf(ProjectSnapshot project, GateAnswer answer)
    {
        var decision = answer.Decision!;
        var standing = decision.Standing;
        return new()
        {
            Allowed = true,
            Reason = OutcomeMap.Reason(decision.Outcome),
            Feature = project.Catalog.FeatureOf(decision.FeatureKey).Code,
            Plan = decision.Plan,
            Limit = standing?.Limit?.Value,
            Used = standing?.Used.Value,
            Held = standing?.Held.Value,
            Remaining = standing?.Remaining?.Value,
            Unlimited = standing is { Limit: null },
            ResetsAt = standing?.ResetsAt?.ToOffset(),
            Id = answer.Id!,
            Replayed = answer.Replayed,
            Burned = answer.Burned.Count == 0 ? null : [.. answer.Burned.Select(b => new BurnView(b.Grant, b.Amount.Value))],
        };
    }

    public static ReservationView ReservationOf(ProjectSnapshot project, GateAnswer answer)
    {
        var decision = answer.Decision!;
        var view = ViewOf(project, decision);
        return new()
        {
            Allowed = view.Allowed, Reason = view.Reason, Feature = view.Feature, Plan = view.Plan, Limit = view.Limit, Used = view.Used,
            Held = view.Held, Remaining = view.Remaining, Unlimited = view.Unlimited, ResetsAt = view.ResetsAt,
            Id = answer.Id!,
            ExpiresAt = answer.ExpiresAt?.ToOffset(),
            Replayed = answer.Replayed,
            Late = answer.Late ? true : null,
            Features = decision.Standings.Count < 2 ? null : decision.Standings
                .Select(s => ViewOf(project, decision with { FeatureKey = s.FeatureKey })).ToDictionary(v => v.Feature!),
        };
    }

    /// <summary>The state of the tightest rate window (IETF draft RateLimit headers). Writes nothing if the plan has none.</summary>
    public static void WriteRateHeaders(HttpContext context, Decision decision)
    {
        if (decision is not { Window: { } window })
        {
            return;
        }

        var headers = context.Response.Headers;
        headers["RateLimit-Limit"] = window.Limit.ToString();
        headers["RateLimit-Remaining"] = (decision.WindowRemaining ?? Core.Money.Quantity.Zero).ToString();
        if (decision.RetryAfter is { } after)
        {
            headers["RateLimit-Reset"] = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Explains the refusal in a sentence.</summary>
    public static string Explain(ProjectSnapshot project, Decision decision) =>
        Explain(project.Catalog.FeatureOf(decision.FeatureKey), decision);

    private static string Explain(FeatureEntry feature, Decision decision) => (decision.Outcome, decision.Standing) switch
    {
        (Outcome.FeatureNotInPlan, _) => $"The plan '{decision.Plan}' does not include {feature.Feature.Name}.",
        (Outcome.FeatureDisabled, _) => $"{feature.Feature.Name} is disabled in the plan '{decision.Plan}'.",
        (Outcome.RateLimited, _) => $"{feature.Feature.Name} is limited to {decision.Window!.Limit} per {Word(decision.Window.Unit)}.",
        (Outcome.ConcurrencyLimited, _) when decision.Window is { } window =>
            $"{feature.Feature.Name} is limited to {window.Limit} at one time.",
        (Outcome.ConcurrencyLimited, _) =>
            $"A customer has at most {Core.Quotas.AccountState.MostOpenHolds} reservations open at one time. Settle or release some.",
        (Outcome.OutOfRange, _) => $"{feature.Feature.Name}: the sum would be larger than {Core.Money.Quantity.Largest}.",
        (Outcome.SubscriptionInactive, _) => $"{feature.Feature.Name} was refused: the customer's subscription is not active.",
        (_, { Limit: { } limit } s) =>
            $"{feature.Feature.Name}: {(decision.Requested is { } asked ? $"{asked} requested, " : "")}{s.Used} of {limit} "
                + $"used{(s.Held.IsZero ? "" : $", {s.Held} held")}, {s.Remaining} left"
            + (s.ResetsAt is { } at ? $" until {at}." : "."),
        _ => $"{feature.Feature.Name} was refused.",
    };

    private static string Word(RateUnit unit) => unit.ToString().ToLowerInvariant();

    /// <summary>The next plan in the catalogue's order that grants more of the feature; null when there is none.</summary>
    private static string? SuggestedPlan(ProjectSnapshot project, Decision decision, FeatureEntry feature)
    {
        var plans = project.Catalog.Plans.Values.Where(p => p.Plan.Active).OrderBy(p => p.Plan.SortOrder).ToList();
        var current = plans.FirstOrDefault(p => p.Code == decision.Plan);
        var granted = current?.Entitlements.GetValueOrDefault(feature.Key);
        return plans.FirstOrDefault(p => p.Plan.SortOrder > (current?.Plan.SortOrder ?? int.MinValue)
            && p.Entitlements.GetValueOrDefault(feature.Key) is { } offered && IsMore(feature, offered, granted))?.Code;
    }

    private static bool IsMore(FeatureEntry feature, Entitlement offered, Entitlement? granted) =>
        feature.Feature.Kind == FeatureKind.Switch
            ? offered.Enabled
            : offered.Quota is null || offered.Quota > (granted is null ? Core.Money.Quantity.Zero : granted.Quota ?? offered.Quota);
}
