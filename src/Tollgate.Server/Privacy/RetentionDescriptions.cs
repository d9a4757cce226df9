using Tollgate.Contracts.Http;
using Tollgate.Contracts.Privacy;
using Tollgate.Server.Http;

namespace Tollgate.Server.Privacy;

/// <summary>The OpenAPI descriptions of <see cref="RetentionEndpoints"/>.</summary>
internal static class RetentionDescriptions
{
    private const string Tag = "Privacy";

    private const string OfSettings = """{"retention_days": 90, "encrypt_usage": true}""";

    public static readonly Description Settings = new(Tag, "Show privacy settings", "Returns the privacy settings of the project.")
    {
        Answers = [Example.Of<PrivacySettingsBody>(StatusCodes.Status200OK, "The settings.", OfSettings)],
    };

    public static readonly Description SetSettings = new(
        Tag, "Set privacy settings",
        "Replaces the privacy settings of the project. `retention_days` is the number of days for which Tollgate keeps the texts of usage "
            + "(properties, your ids, members, IP addresses) of customers whose plan has no value feature `data_retention_days`; null keeps "
            + "them for ever. A longer period applies at once, a shorter one after 7 days. **Nothing can undo the deletion** that follows. "
            + "With `encrypt_usage`, Tollgate encrypts the texts of usage that it records from then on (properties, request ids, IP "
            + "addresses, user agents), with a key for each customer. The names and figures that costs and reports read stay readable. "
            + "Tollgate decrypts the texts in answers, and deletes the key when you erase the customer. Earlier usage stays unencrypted. A "
            + "request without `encrypt_usage` does not change that setting.")
    {
        Request = Example.Of<PrivacySettingsBody>(OfSettings),
        Answers = [Example.Of<PrivacySettingsBody>(StatusCodes.Status200OK, "The settings.", OfSettings)],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Overview = new(
        Tag, "Show retention",
        "Returns for each plan how long Tollgate keeps the texts of usage, which setting decides it, and how many events and reservations "
            + "are older now. It changes nothing: use it as a dry run. `data_retention_days` of the plan (or of the customer's overrides) "
            + "takes precedence over the project's `retention_days`. Values below 36 days count as 36.")
    {
        Answers =
        [
            Example.Of<RetentionView>(StatusCodes.Status200OK, "The retention.", """
                {"retention_days": 90, "least_days": 36, "notice_days": 7,
                 "plans": [
                   {"plan": "free", "source": "plan", "set": "30", "days": 36, "customers": 120, "waiting": 3, "events": 1842, "reservations": 7},
                   {"plan": "team", "source": "project", "set": "90", "days": 90, "customers": 8, "waiting": 0, "events": 0, "reservations": 0}
                 ]}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Runs = new(
        Tag, "List retention runs",
        "Lists the runs that delete the texts of old usage, newest first. While a setting limits the retention, a project has one run a "
            + "day. A run has counts only, and names no customer.")
    {
        Query = QueryParameter.OfPage,
        Answers =
        [
            Example.Of<RetentionRunList>(StatusCodes.Status200OK, "A page.", """
                {"data": [{"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "day": "2026-11-21", "status": "done",
                           "started_at": "2026-11-21T00:00:04Z", "done_at": "2026-11-21T00:00:05Z", "customers": 128, "events": 1842,
                           "reservations": 7}],
                 "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };
}
