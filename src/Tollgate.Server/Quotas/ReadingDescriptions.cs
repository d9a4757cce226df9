using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Quotas;

/// <summary>The OpenAPI descriptions of <see cref="ReadingEndpoints"/>.</summary>
internal static class ReadingDescriptions
{
    private const string Tag = "Customers";

    private const string Scans =
        """
        {"kind": "metered", "name": "ATS scan", "enabled": true, "overridden": false, "value": null, "unlimited": false, "quota": 2,
         "period": "billing_month", "hard_cap": true, "overage_limit": null, "limit": 2, "used": 2, "held": 0, "remaining": 0,
         "resets_at": "2026-12-01T00:00:00Z", "rate_limits": [{"per": "minute", "limit": 10, "burst": null, "counts": "requests"}],
         "pool": null, "rollover": null, "thresholds": [80, 90, 100]}
        """;

    private const string NobodyIsCreated =
        " For an id without a customer, the call returns the numbers that its first use would meet, and creates nothing.";

    public static readonly Description Usage = new(
        Tag,
        "Show usage",
        "Returns the metered features of the customer's plan. `limit` is the plan's quota plus grants; "
            + "`projected` is what `used` becomes by the "
        + "end of the period at the pace so far (the first hundredth of a period projects nothing)." + NobodyIsCreated)
    {
        Path = CustomerDescriptions.Path,
        Answers =
        [
            Example.Of<UsageView>(200, "The customer's usage.", """
                {"plan": "free", "period_start": "2026-11-01T00:00:00Z", "period_end": "2026-12-01T00:00:00Z", "month_key": "2026-11",
                 "features": {"ats_scan": {"limit": 2, "used": 1, "held": 0, "remaining": 1, "unlimited": false, "percent": 50,
                 "resets_at": "2026-12-01T00:00:00Z", "projected": 1}}}
                """),
        ],
    };

    public static readonly Description Entitlements = new(
        Tag,
        "Show entitlements",
        "Returns every feature of the customer's plan, with overrides applied: switches with `enabled`, values with `value`, "
            + "metered features with quota, "
        + "rate windows, pool and balance." + NobodyIsCreated)
    {
        Path = CustomerDescriptions.Path,
        Answers =
        [
            Example.Of<EntitlementsView>(
                200, "The customer's entitlements.",
                $$"""{"customer": "u_1842", "plan": "free", "plan_version": 1, "features": {"ats_scan": {{Scans}} } }"""),
        ],
    };

    public static readonly Description Terms = new(
        Tag,
        "Show the terms of a time",
        "Returns the customer's entitlements at an instant: the plan version, add-ons and overrides of that time, "
            + "and the subscription's state. Every computation about the past "
        + "(rollover, late usage, corrections) uses these terms. Publishing a catalogue, or changing a plan, an override or an add-on, "
        + "begins new terms and changes "
        + "no earlier ones. For a member, the call returns the terms of its customer.")
    {
        Path = CustomerDescriptions.Path,
        Query = [new("at", "An ISO 8601 time with Z or an offset. Default: now.")],
        Answers =
        [
            Example.Of<TermsView>(200, "The terms at that time.", $$"""
                {"customer": "u_1842", "at": "2026-10-15T00:00:00Z", "from": "2026-10-03T09:12:00Z",
                 "until": "2026-11-01T00:00:00Z", "plan": "free",
                 "plan_version": 1, "is_default_plan": true, "features": {"ats_scan": {{Scans}} },
                 "subscription": {"id": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "status": "canceled", "plan": "pro", "plan_version": 3,
                  "interval": "monthly", "currency": "USD",
                                  "quantity": 1, "amount": 2900, "custom_amount": null, "add_ons": {},
                                  "coupons": [{"code": "LAUNCH20", "redeemed_at": "2026-08-03T09:12:00Z",
                                   "ends_at": "2026-11-03T09:12:00Z"}], "period_start": "2026-09-03T09:12:00Z",
                                    "period_end": "2026-10-03T09:12:00Z"} }
                """),
        ],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description Explain = new(
        Tag,
        "Explain a feature",
        "Returns the decision about one more unit, with its reasons: plan version and its start, override, grants in burn order, open "
        + "reservations, the arithmetic in words and numbers, thresholds crossed, decisions refused." + NobodyIsCreated)
    {
        Path = CustomerDescriptions.Path,
        Query = [new("feature", "The feature's code.", Required: true)],
        Answers =
        [
            Example.Of<ExplainView>(200, "The derivation.", $$"""
                {"customer": "u_1842", "known": true, "feature": "ats_scan", "kind": "metered", "plan": "free", "plan_version": 1,
                 "terms_from": "2026-11-03T09:12:00Z", "now": "2026-11-21T08:00:00Z", "allowed": false, "reason": "quota_exceeded",
                 "because": ["Plan free, version 1, gives 2 ats_scan per billing month, with a hard cap.",
                             "These terms are in force since 2026-11-03T09:12:00Z.",
                             "Remaining 0 = limit 2 − used 2 − held 0, until 2026-12-01T00:00:00Z.",
                             "One more is refused: it does not fit into what remains."],
                 "entitlement": {{Scans}}, "override": null, "period_start": "2026-11-01T00:00:00Z", "period_end": "2026-12-01T00:00:00Z",
                 "grants": [], "reservations": [],
                 "thresholds": [{"percent": 100, "period_start": "2026-11-01T00:00:00Z", "used": 2, "limit": 2,
                  "crossed_at": "2026-11-20T17:00:00Z"}],
                 "denied": 1}
                """),
        ],
        Errors = [ErrorCode.FeatureNotFound, ErrorCode.ValidationFailed],
    };
}
