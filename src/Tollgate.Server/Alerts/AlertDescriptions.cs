using Tollgate.Contracts.Alerts;
using Tollgate.Contracts.Http;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Alerts;

/// <summary>The API's description of alerts and their rules.</summary>
internal static class AlertDescriptions
{
    private const string Tag = "Alerts";

    /// <summary>An alert.</summary>
    public const string Sample =
        """
        {"id": "019aa5a3-5c1e-7b10-9d31-5f0c8a4b7e10", "rule": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "kind": "usage_threshold",
         "severity": "warning", "title": "Ada (acme): Gemini API calls 80% used",
         "detail": "Ada (acme) has used 4,000 of 5,000 Gemini API calls.", "recommendation": null, "customer": "acme",
         "subject": "acme/gemini_calls", "at": "2026-11-20T08:00:00Z", "read_at": null, "acknowledged_at": null, "muted_until": null,
         "test": false}
        """;

    private const string Rule =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "kind": "usage_threshold", "threshold": 90, "severity": null,
         "channels": ["in_app", "mail"], "mail_to": ["ops@example.com"], "quiet_hours": {"from": "22:00", "until": "07:00"},
         "repeat": "once", "enabled": true, "created_at": "2026-11-01T08:00:00Z", "updated_at": "2026-11-01T08:00:00Z"}
        """;

    private const string RuleBody =
        """
        {"kind": "usage_threshold", "threshold": 90, "channels": ["in_app", "mail"], "mail_to": ["ops@example.com"],
         "quiet_hours": {"from": "22:00", "until": "07:00"}}
        """;

    private static readonly string Kinds = string.Join("; ", AlertKinds.InOrder.Select(static kind =>
        $"`{CatalogWords.Of(kind.Kind)}`: {kind.Meaning}{(kind.Unit is null ? "" : $" (threshold: {kind.Unit})")}")) + ".";

    private static readonly QueryParameter[] Filters =
    [
        new("customer", "Only alerts about this customer."), new("unread", "`true`: only unread alerts.", Words: ["true", "false"]),
        new("kind", "Only alerts of this kind.", Words: CatalogWords.All<AlertKind>()),
        new("severity", "Only alerts of this severity.", Words: CatalogWords.All<AlertSeverity>()),
    ];

    private static readonly QueryParameter Unread = new(
        "unread", "`true`: only alerts that the customer has not read.", Words: ["true", "false"]);

    public static readonly Description List = new(
        Tag, "List alerts", "Lists the alerts of the last 400 days, the newest first.")
    {
        Query = [.. Filters, .. QueryParameter.OfPage],
        Answers = [Example.Of<AlertList>(200, "A page.", $$"""{"data": [{{Sample}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Csv = Description.OfFile(
        Tag, "Export alerts", "alerts", "the newest first", AlertAnswers.Columns, Filters);

    public static readonly Description Show = new(Tag, "Show an alert", "Returns the alert.")
    {
        Answers = [Example.Of<AlertView>(200, "The alert.", Sample)],
        Errors = [ErrorCode.AlertNotFound],
    };

    public static readonly Description Read = new(
        Tag, "Mark an alert as read",
        "Records that an operator has read the alert. A repeat changes nothing. The customer's own list is separate.")
    {
        Answers = [Example.Of<AlertView>(200, "The alert.", Sample)],
        Errors = [ErrorCode.AlertNotFound],
    };

    public static readonly Description Acknowledge = new(
        Tag, "Acknowledge an alert", "Records that an operator takes care of the alert, which is then also read. A repeat changes nothing.")
    {
        Answers = [Example.Of<AlertView>(200, "The alert.", Sample)],
        Errors = [ErrorCode.AlertNotFound],
    };

    public static readonly Description Mute = new(
        Tag, "Mute an alert",
        "Until the given time, the channels get no alert of the same rule about the same subject. The list still has them. "
            + "A later request replaces the time.")
    {
        Request = Example.Of<MuteAlertRequest>("""{"until": "2026-12-01T00:00:00Z"}"""),
        Answers = [Example.Of<AlertView>(200, "The alert.", Sample)],
        Errors = [ErrorCode.AlertNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description OfCustomer = new(
        Tag, "List a customer's alerts",
        "Lists the alerts that the customer may see, the newest first, in words for the customer: the thresholds (80, 90 and 100 % unless "
            + "the plan says otherwise) that usage has crossed. A customer token lists the alerts of its own customer. `read_at` is the "
            + "customer's own mark.")
    {
        Path = new Dictionary<string, string> { ["id"] = "The customer's id." },
        Query = [Unread, .. QueryParameter.OfPage],
        Answers =
        [
            Example.Of<CustomerAlerts>(200, "A page.",
                """
                {"data": [{"id": "019aa5a3-5c1e-7b10-9d31-5f0c8a4b7e10", "rule": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10",
                 "severity": "warning", "title": "Gemini API calls: 80% used", "detail": "You have used 4,000 of 5,000 Gemini API calls",
                 "recommendation": null, "subject": "user_42/gemini_calls", "at": "2026-11-20T08:00:00Z", "read_at": null,
                 "feature": "gemini_calls", "percent": 80, "used": 4000, "limit": 5000, "period_start": "2026-11-01T00:00:00Z"}],
                 "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ReadByCustomer = new(
        Tag, "Mark a customer's alert as read", "Records that the customer has read the alert. A repeat changes nothing.")
    {
        Path = new Dictionary<string, string> { ["id"] = "The customer's id.", ["alert"] = "The alert's id." },
        Answers =
        [
            Example.Of<CustomerAlert>(200, "The alert.",
                """
                {"id": "019aa5a3-5c1e-7b10-9d31-5f0c8a4b7e10", "rule": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10",
                 "severity": "warning", "title": "Gemini API calls: 80% used", "detail": "You have used 4,000 of 5,000 Gemini API calls",
                 "recommendation": null, "subject": "user_42/gemini_calls", "at": "2026-11-20T08:00:00Z", "read_at": "2026-11-20T09:00:00Z",
                 "feature": "gemini_calls", "percent": 80, "used": 4000, "limit": 5000, "period_start": "2026-11-01T00:00:00Z"}
                """),
        ],
        Errors = [ErrorCode.AlertNotFound],
    };

    public static readonly Description CreateRule = new(
        Tag, "Create an alert rule",
        "From now on, the rule turns facts of its kind into alerts; it does not apply to earlier facts. It fires once about one subject in "
            + "one period, or as `repeat` says, on any number of servers. Kinds: " + Kinds)
    {
        Request = Example.Of<AlertRuleBody>(RuleBody),
        Answers = [Example.Of<AlertRuleView>(201, "Created.", Rule)],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.LimitReached],
    };

    public static readonly Description ListRules = new(
        Tag, "List alert rules", "Lists the rules, the oldest first. A new project has rules for the usual facts, which notify nobody.")
    {
        Query = QueryParameter.OfPage,
        Answers = [Example.Of<AlertRuleList>(200, "A page.", $$"""{"data": [{{Rule}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description ShowRule = new(Tag, "Show an alert rule", "Returns the rule.")
    {
        Answers = [Example.Of<AlertRuleView>(200, "The rule.", Rule)],
        Errors = [ErrorCode.AlertRuleNotFound],
    };

    public static readonly Description ReplaceRule = new(
        Tag, "Replace an alert rule",
        "Replaces the rule. A member that you leave out gets its default. With another kind or threshold, the rule does not apply to "
            + "earlier facts, and may fire again in the same period.")
    {
        Request = Example.Of<AlertRuleBody>(RuleBody),
        Answers = [Example.Of<AlertRuleView>(200, "Replaced.", Rule)],
        Errors = [ErrorCode.AlertRuleNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description DeleteRule = new(
        Tag, "Delete an alert rule", "The rule fires no more. Its alerts stay in the list.")
    {
        Answers = [Example.Nothing("Deleted.")],
        Errors = [ErrorCode.AlertRuleNotFound],
    };

    public static readonly Description TestRule = new(
        Tag, "Test an alert rule",
        "Fires a test alert of the rule at once, to all of its channels, also in quiet hours and if the rule is disabled.")
    {
        Answers = [
            Example.Of<AlertView>(201, "The test alert.", Sample.Replace("\"test\": false", "\"test\": true", StringComparison.Ordinal))],
        Errors = [ErrorCode.AlertRuleNotFound],
    };
}
