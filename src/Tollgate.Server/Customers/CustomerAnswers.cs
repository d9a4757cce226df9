using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>Converts the records of the room to the bodies of the API.</summary>
public static class CustomerAnswers
{
    public static CustomerView Of(Customer customer) => new()
    {
        Id = customer.Id,
        Name = customer.Profile.Name,
        Email = customer.Profile.Email,
        Currency = customer.Profile.Currency,
        TimeZone = customer.Profile.TimeZone,
        Country = customer.Profile.Country,
        TaxId = customer.Profile.TaxId,
        Tax = Of(customer.Vat),
        TaxExempt = customer.Profile.TaxExempt is { } exempt ? new() { Reason = exempt.Reason, Document = exempt.Document } : null,
        Metadata = customer.Profile.Metadata,
        Plan = customer.Plan,
        PlanVersion = customer.PlanVersion,
        MemberOf = customer.Owner,
        CreatedAt = customer.CreatedAt.ToOffset(),
    };

    private static TaxStandingView Of(VatStanding vat) => new()
    {
        VatStatus = CatalogWords.Of(vat.Status),
        CheckedAt = vat.Check?.AskedAt.ToOffset(),
        Source = vat.Check?.Source,
        ConsultationNumber = vat.Check?.Consultation,
        Name = vat.Check?.Name,
        Detail = vat.Check?.Detail,
    };

    public static MemberView Of(Member member) => new()
    {
        Id = member.Id,
        Customer = member.Customer,
        Name = member.Profile.Name,
        Email = member.Profile.Email,
        Role = member.Profile.Role,
        AddedAt = member.AddedAt.ToOffset(),
    };

    /// <summary>The unusable units of active grants, by grant.</summary>
    public static IReadOnlyDictionary<Guid, Quantity> HeldBack(CustomerStanding standing) =>
        standing.Features.SelectMany(static feature => feature.HeldBack)
            .ToDictionary(static held => held.Grant, static held => held.Amount);

    /// <param name="heldBack">The value of <see cref="HeldBack"/>.</param>
    public static GrantView Of(GrantRow row, Instant now, Quantity heldBack) => new()
    {
        Id = row.Id,
        Feature = row.Feature,
        Source = GrantRow.NameOf(row.Grant.Source),
        Priority = row.Grant.Priority,
        Amount = row.Grant.Amount.Value,
        Used = row.Grant.Used.Value,
        Forfeited = row.Grant.Forfeited.Value,
        Remaining = (row.Grant.Remaining - heldBack).Value,
        HeldBack = heldBack.Value,
        Status = CatalogWords.Of(StatusOf(row, now)),
        EffectiveAt = row.Grant.EffectiveAt.ToOffset(),
        ExpiresAt = OrNever(row.Grant.ExpiresAt),
        CreatedAt = row.Grant.CreatedAt.ToOffset(),
        VoidedAt = row.VoidedAt?.ToOffset(),
    };

    public static GrantScheduleView Of(GrantSchedule schedule, Instant now, TimeZoneInfo zone)
    {
        var isOver = schedule.End <= now;
        var next = schedule.FirstFrom(now, zone);
        return new()
        {
            Id = schedule.Name,
            Feature = schedule.Feature,
            Amount = schedule.Amount.Value,
            Every = CatalogWords.Of(schedule.Every),
            ExpiresAfter = schedule.Lives,
            Source = GrantRow.NameOf(schedule.Source),
            Priority = schedule.Priority,
            Status = CatalogWords.Of(isOver ? ScheduleStatus.Ended
                : schedule.PausedAt is null ? ScheduleStatus.Active
                : ScheduleStatus.Paused),
            StartsAt = schedule.StartsAt.ToOffset(),
            EndsAt = schedule.End?.ToOffset(),
            NextAt = isOver || schedule.PausedAt is not null || schedule.StartOf(next, zone) >= (schedule.End ?? Instant.FarFuture)
                ? null
                : schedule.StartOf(next, zone).ToOffset(),
            CreatedAt = schedule.CreatedAt.ToOffset(),
        };
    }

    public static WithdrawalView Of(Withdrawal withdrawal, bool replayed) => new()
    {
        Id = withdrawal.Id,
        Feature = withdrawal.Feature,
        Source = withdrawal.Source is { } source ? GrantRow.NameOf(source) : null,
        Requested = withdrawal.Requested.Value,
        Amount = withdrawal.Amount.Value,
        Grants = [.. withdrawal.Taken.Select(static part => new WithdrawnPart(part.Grant, part.Amount.Value))],
        Reason = withdrawal.Reason,
        At = withdrawal.At.ToOffset(),
        Replayed = replayed,
    };

    public static FeatureUsage Of(Feature feature, Standing standing, Instant now) => new()
    {
        Limit = standing.Limit?.Value,
        Used = standing.Used.Value,
        Held = standing.Held.Value,
        Remaining = standing.Remaining?.Value,
        Unlimited = standing.Limit is null,
        CarriedOverage = standing.Carried.IsZero ? null : standing.Carried.Value,
        Percent = UsageProjection.PercentOf(standing.Used, standing.Limit),
        ResetsAt = standing.ResetsAt?.ToOffset(),
        Projected = UsageProjection.AtPeriodEnd(feature, standing, now)?.Value,
    };

    public static EntitlementView Of(FeatureStanding feature, PlanVersion plan)
    {
        var (entitlement, metered) = (feature.Entitlement, feature.Feature.Feature.Kind == FeatureKind.Metered);
        var isValue = feature.Feature.Feature.Kind == FeatureKind.Value;
        var view = new EntitlementView
        {
            Kind = CatalogWords.Of(feature.Feature.Feature.Kind),
            Name = feature.Feature.Feature.Name,
            Enabled = metered ? GivesAnything(feature) : isValue || entitlement.Enabled,
            Overridden = IsOverridden(feature, plan),
            Value = isValue ? entitlement.Value : null,
            Unlimited = metered ? entitlement.Quota is null : isValue ? entitlement.Value is null : null,
        };
        return metered ? WithQuota(view, entitlement, feature.Standing) : view;
    }

    public static bool IsOverridden(FeatureStanding feature, PlanVersion plan) =>
        !feature.Entitlement.Equals(plan.Entitlements.GetValueOrDefault(feature.Feature.Key));

    private static EntitlementView WithQuota(EntitlementView view, Entitlement entitlement, Standing? standing) => view with
    {
        Quota = entitlement.Quota?.Value,
        Period = CatalogWords.Of(entitlement.Period),
        HardCap = entitlement.HardCap,
        OverageLimit = entitlement.OverageLimit?.Value,
        Limit = standing?.Limit?.Value,
        Used = standing?.Used.Value,
        Held = standing?.Held.Value,
        Remaining = standing?.Remaining?.Value,
        ResetsAt = standing?.ResetsAt?.ToOffset(),
        RateLimits = [.. entitlement.RateLimits.Select(Of)],
        Pool = entitlement.Pool is { } pool ? new(pool.Feature, pool.Rate.Value) : null,
        Rollover = entitlement.Rollover is { } rollover ? new(rollover.Max?.Value, rollover.Periods) : null,
        Thresholds = entitlement.Thresholds,
    };

    private static RateWindowView Of(RateLimit limit) => new(
        CatalogWords.Of(limit.Unit), limit.Limit.Value, limit.Burst?.Value,
        CatalogWords.Of(limit.CountsDecisions ? Counted.Requests : Counted.Units));

    /// <summary>True if a plan with the entitlement includes the feature.</summary>
    public static bool IsIncluded(FeatureKind kind, Entitlement entitlement) => kind switch
    {
        FeatureKind.Metered => entitlement.Quota is not { IsZero: true } || entitlement.Pool is not null,
        FeatureKind.Switch => entitlement.Enabled,
        _ => true,
    };

    private static bool GivesAnything(FeatureStanding feature) =>
        IsIncluded(FeatureKind.Metered, feature.Entitlement) || feature.Standing is { Limit.IsPositive: true };

    private static GrantStatus StatusOf(GrantRow row, Instant now) => row.Grant switch
    {
        { Remaining.IsZero: true, Forfeited.IsPositive: true } => GrantStatus.Voided,
        { Remaining.IsZero: true } => GrantStatus.UsedUp,
        var grant when grant.ExpiresAt <= now => GrantStatus.Expired,
        var grant when grant.EffectiveAt > now => GrantStatus.Pending,
        _ => GrantStatus.Active,
    };

    private static DateTimeOffset? OrNever(Instant instant) => instant == Instant.FarFuture ? null : instant.ToOffset();
}

/// <summary>The status of a grant, as in its view.</summary>
internal enum GrantStatus
{
    Pending,
    Active,
    UsedUp,
    Expired,
    Voided,
}

/// <summary>The status of a grant schedule, as in its view.</summary>
internal enum ScheduleStatus
{
    Active,
    Paused,
    Ended,
}

/// <summary>The unit that a rate limit counts, as in its view.</summary>
internal enum Counted
{
    /// <summary>Each decision counts 1.</summary>
    Requests,

    /// <summary>The amount of each decision counts.</summary>
    Units,
}
