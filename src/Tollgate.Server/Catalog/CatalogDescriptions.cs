using Tollgate.Contracts.Catalog;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Catalog;

/// <summary>What the OpenAPI document says about the catalogue's operations.</summary>
internal static class CatalogDescriptions
{
    private const string Pro = """
        {
          "code": "pro", "name": "Pro", "tagline": "For an active search", "bullets": ["20 ATS scans a month"], "icon": "rocket",
          "highlighted": true, "sort_order": 2, "active": true, "is_default": false, "version": 1,
          "prices": [{"interval": "monthly", "currency": "USD", "amount": 1200, "trial_days": 0, "display": "$12.00"}],
          "entitlements": [
            {"feature": "ats_scan", "name": "ATS scan", "kind": "metered", "display": "20", "quota": 20, "unlimited": false, "period": "calendar_month", "hard_cap": true}
          ]
        }
        """;

    private const string Diff = """
        {
          "outcome": "dry_run", "revision": 3, "etag": "\"5f1d7a90c1b2e3f4\"",
          "changes": [
            {"kind": "changed", "subject": "pro · ats_scan", "member": "quota", "from": "20", "to": "30", "text": "pro · ats_scan: quota 20 → 30"}
          ],
          "changed_plans": ["pro"], "removed_plans": [], "affected_customers": 0, "pinned_customers": 12, "affected_subscriptions": 12,
          "mrr_change": [{"currency": "USD", "before": 14400, "after": 18000, "change": 3600}]
        }
        """;

    private const string Json = """{"code": "tiny", "name": "Tiny", "default_plan": "free", "features": [{"code": "scan", "name": "Scan"}], "plans": [{"code": "free", "name": "Free", "entitlements": [{"feature": "scan", "quota": 2}]}]}""";

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
        "Catalog", "List the plans on offer", "The active plans in their order, as a pricing page needs them. A public key suffices.")
    {
        Answers = [Example.Of<PlanList>(200, "The plans.", $$"""{"data": [{{Pro}}], "has_more": false}""")],
    };

    public static readonly Description GetPlan = new(
        "Catalog", "Read one plan", "Also a plan that is no longer offered (`active: false`).")
    {
        Answers = [Example.Of<PlanView>(200, "The plan in its newest version.", Pro)],
        Errors = [ErrorCode.PlanNotFound],
        Path = new Dictionary<string, string> { ["code"] = "The plan's code." },
    };

    public static readonly Description ComparePlans = new(
        "Catalog", "Compare the plans on offer", "The plans side by side: one row for each feature that any of them names.")
    {
        Answers =
        [
            Example.Of<PlanComparison>(200, "Plans and rows.", """
                {
                  "plans": [{"code": "free", "name": "Free", "highlighted": false, "prices": []}],
                  "features": [
                    {"code": "ats_scan", "name": "ATS scan", "icon": "scan-search", "unit": "scan", "plans": {
                      "free": {"feature": "ats_scan", "name": "ATS scan", "kind": "metered", "display": "2", "quota": 2, "unlimited": false, "period": "calendar_month", "hard_cap": true}
                    }}
                  ]
                }
                """),
        ],
    };

    public static readonly Description ListFeatures = new(
        "Catalog", "List the features", "All features in their order, with the texts and icons of the pricing page.")
    {
        Answers =
        [
            Example.Of<FeatureList>(200, "The features.", """
                {"data": [{"code": "ats_scan", "name": "ATS scan", "kind": "metered", "icon": "scan-search", "unit": "scan", "money": false, "sort_order": 1}], "has_more": false}
                """),
        ],
    };

    public static readonly Description GetCatalog = new(
        "Catalog",
        "Export the catalogue in force",
        "As JSON, or as YAML with `Accept: application/yaml`. What is exported can be sent back with PUT and changes nothing. "
        + "The header ETag names this content; `If-None-Match` with it answers 304.")
    {
        Answers =
        [
            AsJson with { Status = StatusCodes.Status200OK, Meaning = "The whole catalogue." },
            new Example(StatusCodes.Status304NotModified, "It is the one that you have.", null, null),
        ],
        AlsoWritten = [Example.OfText(200, "The whole catalogue.", YamlType, Yaml)],
    };

    public static readonly Description PutCatalog = new(
        "Catalog",
        "Put a catalogue into force",
        "YAML (`Content-Type: application/yaml`) or JSON, always the whole catalogue. Plans that changed get a new immutable "
        + "version; customers pinned to an older version keep it, those on the default plan get the new one at once. "
        + "With `dry_run=true` nothing is written and the answer says what would change. With `If-Match` it is refused when "
        + "somebody else published in between. Sending the catalogue in force again changes nothing. "
        + "A fault anywhere refuses the whole; `errors` lists all of them with path, line and column.")
    {
        Request = AsJson,
        AlsoAccepts = [YamlType, "application/x-yaml", "text/yaml", "text/x-yaml"],
        AlsoWritten = [Example.OfText(YamlType, Yaml), Example.OfText("application/x-yaml", Yaml), Example.OfText("text/yaml", Yaml), Example.OfText("text/x-yaml", Yaml)],
        Query = [new("dry_run", "true: only say what would change.", "boolean")],
        Answers = [Example.Of<CatalogAnswer>(200, "What changed, or would change.", Diff)],
        Errors = [ErrorCode.CatalogInvalid, ErrorCode.MalformedJson, ErrorCode.PreconditionFailed, ErrorCode.UnsupportedMediaType, ErrorCode.PayloadTooLarge],
    };
}
