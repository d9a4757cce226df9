using Tollgate.Contracts.Catalog;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Catalog;

/// <summary>The OpenAPI descriptions of the catalogue's operations.</summary>
internal static class CatalogDescriptions
{
    private const string Pro = """
        {
          "code": "pro", "name": "Pro", "tagline": "For an active search", "bullets": ["20 ATS scans a month"], "icon": "rocket",
          "highlighted": true, "sort_order": 2, "active": true, "is_default": false, "version": 1,
          "prices": [{"interval": "monthly", "currency": "USD", "amount": 1200, "trial_days": 0, "display": "$12.00"}],
          "entitlements": [
            {"feature": "ats_scan", "name": "ATS scan", "kind": "metered", "display": "20", "quota": 20, "unlimited": false,
             "period": "calendar_month", "hard_cap": true}
          ]
        }
        """;

    private const string Diff = """
        {
          "outcome": "dry_run", "revision": 3, "etag": "\"5f1d7a90c1b2e3f4\"",
          "changes": [
            {"kind": "changed", "subject": "pro · ats_scan", "member": "quota", "from": "20", "to": "30",
             "text": "pro · ats_scan: quota 20 → 30"}
          ],
          "changed_plans": ["pro"], "removed_plans": [], "affected_customers": 0, "pinned_customers": 12, "affected_subscriptions": 12,
          "mrr_change": [{"currency": "USD", "before": 14400, "after": 18000, "change": 3600}]
        }
        """;

    private const string Json =
        """{"code": "tiny", "name": "Tiny", "default_plan": "free", "features": [{"code": "scan", "name": "Scan"}], "plans": [{"code": "free", "name": "Free", "entitlements": [{"feature": "scan", "quota": 2}]}]}""";

    private const string Yaml = """
        code: tiny
        name: Tiny
        default_plan: free
        features:
          - code: scan
            name: Scan
        plans:
          - code: free
            name: Free
            entitlements:
              - { feature: scan, quota: 2 }
        """;

    private const string YamlType = "application/yaml";

    private static readonly Example AsJson = Example.OfText(Answer.JsonType, Json) with { Schema = CatalogSchema.Name };

    public static readonly Description ListPlans = new(
        "Catalog", "List the plans on offer", "Lists the active plans in their order, as a pricing page needs them. A public key suffices.")
    {
        Answers = [Example.Of<PlanList>(200, "The plans.", $$"""{"data": [{{Pro}}], "has_more": false}""")],
    };

    public static readonly Description GetPlan = new(
        "Catalog", "Read one plan", "Returns the newest version of the plan, also of one that is no longer on offer (`active: false`).")
    {
        Answers = [Example.Of<PlanView>(200, "The plan in its newest version.", Pro)],
        Errors = [ErrorCode.PlanNotFound],
        Path = new Dictionary<string, string> { ["code"] = "The plan's code." },
    };

    public static readonly Description ComparePlans = new(
        "Catalog", "Compare the plans on offer", "Returns the plans side by side, with one row for each feature that any of them names.")
    {
        Answers =
        [
            Example.Of<PlanComparison>(200, "Plans and rows.", """
                {
                  "plans": [{"code": "free", "name": "Free", "highlighted": false, "prices": []}],
                  "features": [
                    {"code": "ats_scan", "name": "ATS scan", "icon": "scan-search", "unit": "scan", "plans": {
                      "free": {"feature": "ats_scan", "name": "ATS scan", "kind": "metered", "display": "2", "quota": 2, "unlimited": false,
                       "period": "calendar_month", "hard_cap": true}
                    }}
                  ]
                }
                """),
        ],
    };

    public static readonly Description ListFeatures = new(
        "Catalog", "List the features", "Lists all features in their order, with the texts and icons of the pricing page.")
    {
        Answers =
        [
            Example.Of<FeatureList>(200, "The features.", """
                {"data": [{"code": "ats_scan", "name": "ATS scan", "kind": "metered", "icon": "scan-search", "unit": "scan", "money": false,
                 "sort_order": 1}], "has_more": false}
                """),
        ],
    };

    public static readonly Description GetCatalog = new(
        "Catalog",
        "Export the catalogue in force",
        "Returns the catalogue as JSON, or as YAML with `Accept: application/yaml`. Sending the export back with PUT changes nothing. "
        + "The header ETag names this content; a request with that ETag in `If-None-Match` gets a 304.")
    {
        Answers =
        [
            AsJson with { Status = StatusCodes.Status200OK, Meaning = "The whole catalogue." },
            new Example(StatusCodes.Status304NotModified, "Unchanged since the ETag in `If-None-Match`.", null, null),
        ],
        AlsoWritten = [Example.OfText(200, "The whole catalogue.", YamlType, Yaml)],
    };

    public static readonly Description PutCatalog = new(
        "Catalog",
        "Put a catalogue into force",
        "Publishes the whole catalogue, as YAML (`Content-Type: application/yaml`) or JSON. Each changed plan gets a new immutable "
        + "version; customers pinned to an older version keep it, and customers on the default plan get the new one at once. "
        + "With `dry_run=true`, the call writes nothing and returns the changes that it would make. With `If-Match`, "
        + "Tollgate refuses the catalogue if "
        + "somebody else has published since. Sending the catalogue in force again changes nothing. "
        + "Any fault refuses the whole catalogue; `errors` lists every fault with path, line and column.")
    {
        Request = AsJson,
        AlsoAccepts = [YamlType, "application/x-yaml", "text/yaml", "text/x-yaml"],
        AlsoWritten = [
            Example.OfText(YamlType, Yaml), Example.OfText("application/x-yaml", Yaml), Example.OfText("text/yaml", Yaml),
            Example.OfText("text/x-yaml", Yaml)],
        Query = [new("dry_run", "true: only return the changes, without making them.", "boolean")],
        Answers = [Example.Of<CatalogAnswer>(200, "The changes, made or only computed.", Diff)],
        Errors = [
            ErrorCode.CatalogInvalid, ErrorCode.MalformedJson, ErrorCode.PreconditionFailed, ErrorCode.UnsupportedMediaType,
            ErrorCode.PayloadTooLarge],
    };
}
