using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary>The documentation of the endpoints of customer success.</summary>
internal static class SuccessDescriptions
{
    private const string Tag = "Analytics";

    private static readonly QueryParameter[] Query = ReportDays.OfMonths;

    private const string Figures =
        """
        "signed_up": 10, "onboarding": {"completed": 8, "rate": 0.8},
            "time_to_value": {"customers": 7, "median_hours": 26.5, "p90_hours": 90.25},
            "tickets": {"count": 30, "per_customer": 0.25},
            "csat": {"responses": 40, "mean": 4.2, "satisfied": 0.85, "scores": [1, 2, 3, 16, 18]},
            "values": [{"name": "hours_saved", "unit": "hours", "events": 310, "total": 155.5}],
            "churn_by_csat": [{"csat": "low", "customers": 4, "lost": 1, "rate": 0.25},
                              {"csat": "neutral", "customers": 3, "lost": 0, "rate": 0},
                              {"csat": "high", "customers": 30, "lost": 1, "rate": 0.0333},
                              {"csat": "unrated", "customers": 50, "lost": 2, "rate": 0.04}]}
        """;

    public static readonly Description Success = new(
        Tag, "Show customer success",
        "Returns onboarding, time to value, support tickets, satisfaction and values by calendar month of the project's time zone, and for "
            + "the range. A range consists of whole months. The facts are events of the types `onboarding_completed`, `support_ticket`, "
            + "`csat` (with `properties.score`, 1 to 5) and `value_metric` (with `properties.name`, and `unit` and `value` if you have them), "
            + "which you send to `POST /v1/events`; they need no meter. `churn_by_csat` groups the churn of a month by the "
            + "customer's last score in the 90 days before it. `GET /v1/events?type=csat` and `GET /v1/customers/{id}/success` show the "
            + "facts.")
    {
        Query = Query,
        Answers =
        [
            Example.Of<SuccessView>(200, "The oldest month first.",
                $$"""
                {"from": "2026-10-01", "to": "2026-10-31",
                 "total": {"month": null, "customers": 120, {{Figures}},
                 "months": [{"month": "2026-10", "customers": 120, {{Figures}}]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description OfCustomer = new(
        Tag, "Show a customer's success",
        "Returns the customer's sign-up, first value and last score of all time, and its tickets, scores and values by month. A member has "
            + "the figures of the customer whose balances it uses.")
    {
        Query = Query,
        Answers =
        [
            Example.Of<CustomerSuccessView>(200, "The oldest month first.",
                """
                {"customer": "user_42", "from": "2026-10-01", "to": "2026-10-31", "signed_up_at": "2026-10-02T08:00:00Z",
                 "onboarded_at": "2026-10-02T09:00:00Z", "first_value_at": "2026-10-03T08:00:00Z", "hours_to_value": 24,
                 "last_csat": {"score": 5, "at": "2026-10-20T12:00:00Z"},
                 "total": {"month": null, "tickets": 1, "csat": {"responses": 1, "mean": 5, "satisfied": 1, "scores": [0, 0, 0, 0, 1]},
                           "values": [{"name": "hours_saved", "unit": "hours", "events": 12, "total": 6.5}]},
                 "months": [{"month": "2026-10", "tickets": 1,
                             "csat": {"responses": 1, "mean": 5, "satisfied": 1, "scores": [0, 0, 0, 0, 1]},
                             "values": [{"name": "hours_saved", "unit": "hours", "events": 12, "total": 6.5}]}]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.CustomerNotFound],
    };
}
