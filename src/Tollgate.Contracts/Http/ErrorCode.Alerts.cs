namespace Tollgate.Contracts.Http;

/// <content>The codes of the room Alerts.</content>
public sealed partial record ErrorCode
{
    public static readonly ErrorCode AlertNotFound = new(
        "alert_not_found", 404, "The alert does not exist", "This project has no alert with this id. Tollgate keeps alerts for 400 days.",
        "Use an id that GET /v1/alerts lists.");

    public static readonly ErrorCode AlertRuleNotFound = new(
        "alert_rule_not_found", 404, "The alert rule does not exist", "This project has no alert rule with this id.",
        "Use an id that GET /v1/alert-rules lists.");
}
