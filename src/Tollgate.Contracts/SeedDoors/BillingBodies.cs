using System.Text.Json.Serialization;

namespace Tollgate.Contracts.SeedDoors;

// ---- C: resume and ATS -----------------------------------------------------------------------------------------

/// <summary>C's <c>POST /billing/create-checkout-session</c>.</summary>
public sealed record ResumeAtsCheckout
{
    /// <summary>Code of a plan with a price: <c>pro</c>, <c>elite</c>.</summary>
    public string? Plan { get; init; }

    /// <summary>The URL to which the page redirects after payment.</summary>
    public string? SuccessUrl { get; init; }

    /// <summary>The URL to which the page redirects if the customer cancels.</summary>
    public string? CancelUrl { get; init; }
}

/// <summary>A payment page. E's answer has only the URL.</summary>
public sealed record SeedCheckout(string CheckoutUrl)
{
    /// <summary>The checkout's id at Tollgate: <c>GET /v1/checkouts/{id}</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionId { get; init; }
}

/// <summary>C's <c>POST /billing/create-portal-session</c>, whose bodies it does not state.</summary>
public sealed record ResumeAtsPortal
{
    /// <summary>The URL to which the page links back; default: the catalogue's <c>upgrade_url</c>.</summary>
    public string? ReturnUrl { get; init; }
}

public sealed record ResumeAtsPortalOpened(string PortalUrl);

/// <summary>C's <c>GET /billing/status</c>, whose body it does not state.</summary>
/// <param name="Status"><c>ok</c>, or <c>not_configured</c>: no customer can pay.</param>
/// <param name="Provider">The project's payment provider.</param>
public sealed record ResumeAtsBillingStatus(string Status, bool Configured, string Provider);

/// <summary>C's errors of billing.</summary>
/// <param name="Error"><c>billing_error</c> or <c>billing_not_configured</c>.</param>
public sealed record ResumeAtsBillingError(string Error, string Detail);

// ---- E: Trendit ------------------------------------------------------------------------------------------------

/// <summary>E's <c>POST /billing/create-checkout-session</c>, if the query does not name the tier.</summary>
public sealed record TrenditCheckout
{
    public string? Tier { get; init; }
}

// ---- webhooks --------------------------------------------------------------------------------------------------

/// <summary>The answer of A and E to a webhook.</summary>
public sealed record SeedWebhookTaken(string Status);
