using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Stripe;

/// <summary>
/// Stripe, by its REST API. A payment's reference is its payment intent; the payment's own id is the idempotency key at Stripe and part of
/// the metadata (<c>tollgate_payment</c>), by which Tollgate finds it when an answer was lost and Stripe has forgotten the key.
/// </summary>
public sealed class StripeProvider(StripeAccounts accounts, StripeEvents events, Clock clock, ILogger<StripeProvider> log)
    : IPaymentProvider
{
    public const string PaymentField = "tollgate_payment";
    public const string RefundField = "tollgate_refund";

    /// <summary>Marks the intent of a page, where a card that fails does not end the payment.</summary>
    public const string PageField = "tollgate_page";

    /// <summary>Pages of 100. A requested object is among the customer's newest.</summary>
    private const int MostPages = 10;

    /// <summary>Stripe's limits for an open checkout, less a margin for the request.</summary>
    private static readonly (TimeSpan Least, TimeSpan Most) CheckoutLife =
        (TimeSpan.FromMinutes(31), TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1));

    public PaymentProvider Name => PaymentProvider.Stripe;

    public ProviderCapabilities Capabilities { get; } = new()
    {
        ChargesSavedMethods = true, HasCheckout = true, ClosesPages = true, HasPortal = true, Refunds = true, SendsWebhooks = true,
        ManagesSubscriptions = true,
        Credentials = StripeCredentials.Fields,
    };

    public (string Field, string Fault)? Refuse(ProjectMode mode, IReadOnlyDictionary<string, string> credentials)
    {
        var secret = credentials.GetValueOrDefault(StripeCredentials.SecretKey) ?? "";
        if (!secret.StartsWith("sk_", StringComparison.Ordinal) && !secret.StartsWith("rk_", StringComparison.Ordinal))
        {
            return ($"credentials.{StripeCredentials.SecretKey}", "A secret key of Stripe begins with sk_ or rk_.");
        }

        if (mode == ProjectMode.Sandbox && !StripeCredentials.IsOfTests(secret))
        {
            return ($"credentials.{StripeCredentials.SecretKey}",
                "A sandbox project moves its clock at will: it takes a key of Stripe's test mode (sk_test_…), never real money.");
        }

        if (mode == ProjectMode.Live && StripeCredentials.IsOfTests(secret))
        {
            return ($"credentials.{StripeCredentials.SecretKey}",
                "A key of Stripe's test mode moves no money, and what it pays would count as revenue: "
                    + "a live project takes a live key (sk_live_…), a sandbox project this one.");
        }

        var signing = new[] { StripeCredentials.WebhookSecret, StripeCredentials.PreviousWebhookSecret };
        return Array.Find(
            signing, name => credentials.TryGetValue(name, out var said) && !StripeCredentials.IsSigningSecret(said)) is { } wrong
            ? ($"credentials.{wrong}", "A signing secret of Stripe begins with whsec_, and more follows.")
            : null;
    }

    public async Task<ProviderAnswer?> ChargeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel)
    {
        if (StripeAmounts.ToStripe(order.Amount) is not { } amount)
        {
            return new("amount_not_possible", PaymentFailure.AmountNotPossible);
        }

        if (Open(project) is not { } account
            || await accounts.CustomerAsync(account, new(order.Customer, null, null), cancel) is not { } customer)
        {
            return null;
        }

        var form = new StripeForm().Set("amount", amount).Set("currency", StripeAmounts.CodeOf(order.Amount.Currency))
            .Set("customer", customer)
            .Set("payment_method", order.Method.Token).Set("confirm", true).Set("off_session", true)
            .Set("automatic_payment_methods", new StripeForm().Set("enabled", true).Set("allow_redirects", "never"))
            .Set("metadata", Marks(project, order.Customer, PaymentField, order.Key));
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/payment_intents", form, order.Key.ToString(), cancel);
        return answer.Outcome switch
        {
            StripeOutcome.Done => AnswerOf(answer.Body),
            StripeOutcome.Refused => Refused(project, order.Key, answer.Error!),
            _ => null,
        };
    }

    public async Task<ProviderAnswer?> RefundAsync(ProjectSnapshot project, RefundOrder order, CancellationToken cancel)
    {
        if (Open(project) is not { } account)
        {
            return null;
        }

        // Stripe forgets keys after a day: this searches earlier refunds, so that none is sent twice.
        var before = () => new StripeForm().Set("payment_intent", order.Charge);
        try
        {
            if (await FindAsync(account, ("/v1/refunds", RefundField, order.Key), before, RefundOf, cancel) is { } done)
            {
                return done;
            }
        }
        catch (ProviderSilentException)
        {
            return null;
        }

        var form = before().Set("amount", StripeAmounts.ToStripe(order.Amount)).Set("reason", "requested_by_customer")
            .Set("metadata", Marks(project, order.Customer, RefundField, order.Key));
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/refunds", form, order.Key.ToString(), cancel);
        return answer.Outcome switch
        {
            StripeOutcome.Done => RefundOf(answer.Body),
            StripeOutcome.Refused => Refused(project, order.Key, answer.Error!),
            _ => null,
        };
    }

    public async Task<ProviderAnswer?> FindAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        if (Open(project) is not { } account || await accounts.PayerOfAsync(account, key, cancel) is not { } customer)
        {
            return null;
        }

        // A page without a payment attempt has no intent yet; an expired one never gets any.
        var ofCustomer = () => new StripeForm().Set("customer", customer);
        return await FindAsync(account, ("/v1/payment_intents", PaymentField, key), ofCustomer, AnswerOf, cancel)
            ?? await FindAsync(account, ("/v1/checkout/sessions", PaymentField, key), ofCustomer, EndOf, cancel);
    }

    public async Task<HostedPage?> OpenCheckoutAsync(ProjectSnapshot project, CheckoutOrder order, CancellationToken cancel)
    {
        if (Open(project) is not { } account || StripeAmounts.ToStripe(order.Amount) is not { } amount
            || await accounts.CustomerAsync(account, order.Customer, cancel) is not { } customer)
        {
            return null;
        }

        var price = new StripeForm().Set("currency", StripeAmounts.CodeOf(order.Amount.Currency)).Set("unit_amount", amount)
            .Set("product_data", new StripeForm().Set("name", order.Description));
        var marks = Marks(project, order.Customer.Id, PaymentField, order.Key).Set(PageField, "1");
        var form = new StripeForm().Set("mode", "payment").Set("customer", customer).Set("client_reference_id", order.Customer.Id)
            .Set("line_items", [new StripeForm().Set("price_data", price).Set("quantity", 1)])
            .Set("success_url", order.SuccessUrl.OriginalString).Set("cancel_url", order.CancelUrl.OriginalString)
            .Set("expires_at", Within(order.ExpiresAt)).Set("metadata", marks)
            .Set("payment_intent_data",
                new StripeForm().Set("setup_future_usage", order.SaveMethod ? "off_session" : null).Set("metadata", marks));
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/checkout/sessions", form, order.Key.ToString(), cancel);
        return answer.Outcome == StripeOutcome.Done && StripeCheckout.Read(answer.Body) is { Url: { } url } session
            ? new(session.Id, new(url))
            : null;
    }

    /// <summary>If Stripe refuses to close a page, it has ended or somebody is paying on it now: this then reads its state.</summary>
    public async Task<ProviderAnswer?> ClosePageAsync(ProjectSnapshot project, string reference, CancellationToken cancel)
    {
        if (Open(project) is not { } account)
        {
            return null;
        }

        var path = $"/v1/checkout/sessions/{Uri.EscapeDataString(reference)}";
        var answer = await accounts.Client.PostAsync(account.Secret, path + "/expire", new StripeForm(), null, cancel);
        if (answer.Outcome == StripeOutcome.Done)
        {
            return EndOf(answer.Body);
        }

        try
        {
            return answer.Outcome == StripeOutcome.Refused
                && await accounts.FetchAsync(account, path, new StripeForm().Set("expand", ["payment_intent"]), cancel) is { } session
                    ? EndOf(session)
                    ?? (session.Child("payment_intent") is { ValueKind: JsonValueKind.Object } intent ? AnswerOf(intent) : null)
                    : null;
        }
        catch (ProviderSilentException)
        {
            return null;
        }
    }

    public async Task<Uri?> OpenPortalAsync(ProjectSnapshot project, ProviderParty customer, Uri returnUrl, CancellationToken cancel)
    {
        if (Open(project) is not { } account || await accounts.CustomerAsync(account, customer, cancel) is not { } reference)
        {
            return null;
        }

        var form = new StripeForm().Set("customer", reference).Set("return_url", returnUrl.OriginalString);
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/billing_portal/sessions", form, null, cancel);
        return answer.Outcome == StripeOutcome.Done && answer.Body.Text("url") is { } url ? new(url) : null;
    }

    public WebhookReading ReadWebhook(IReadOnlyDictionary<string, string> credentials, WebhookRequest request, DateTimeOffset now)
    {
        var header = request.Headers.FirstOrDefault(static one =>
            one.Key.Equals(StripeSignature.Header, StringComparison.OrdinalIgnoreCase)).Value;
        var secrets = new[]
        {
            StripeCredentials.WebhookSecret, StripeCredentials.PreviousWebhookSecret,
        }.Select(credentials.GetValueOrDefault).OfType<string>();
        var verdict = StripeSignature.Judge(header, request.Body.Span, [.. secrets], Instant.From(now));
        if (verdict != StripeSignatureVerdict.Good)
        {
            return new(verdict == StripeSignatureVerdict.OutsideTolerance ? WebhookVerdict.Stale : WebhookVerdict.Forged);
        }

        // Test events tell nothing about real money, nor the reverse. PostgreSQL cannot store NUL.
        var isLive = !StripeCredentials.IsOfTests(credentials.GetValueOrDefault(StripeCredentials.SecretKey) ?? "");
        return StripeEvent.Read(request.Body.Span) is { } stripeEvent && stripeEvent.IsLive == isLive
            && request.Body.Span.IndexOf("\\u0000"u8) < 0
            ? new(WebhookVerdict.Genuine,
                new(stripeEvent.Id, stripeEvent.Type, stripeEvent.ObjectId, Encoding.UTF8.GetString(request.Body.Span),
                    stripeEvent.Created.ToOffset()))
            : new(WebhookVerdict.Unreadable);
    }

    /// <summary>
    /// Objects that Tollgate made at Stripe name their project. Other events belong to the project that has their payment or customer.
    /// </summary>
    public async Task<ProjectSnapshot?> OwnerOfAsync(
        IReadOnlyList<ProjectSnapshot> projects, ProviderEvent @event, CancellationToken cancel)
    {
        if (StripeEvent.Read(Encoding.UTF8.GetBytes(@event.Body)) is not { Object: var moved } stripeEvent)
        {
            return null;
        }

        var named = moved.Metadata().GetValueOrDefault(StripePrices.ProjectField)
            ?? moved.Child("parent", "subscription_details")?.Metadata().GetValueOrDefault(StripePrices.ProjectField);
        if (projects.FirstOrDefault(one => one.Code == named) is { } project)
        {
            return project;
        }

        var payment = stripeEvent.ObjectType == "payment_intent" ? stripeEvent.ObjectId : moved.Reference("payment_intent");
        var customer = stripeEvent.ObjectType == "customer" ? stripeEvent.ObjectId : moved.Reference("customer");
        var known = await accounts.ProjectOfAsync([.. projects.Select(static one => one.Id)], payment, customer, cancel);
        return projects.FirstOrDefault(one => one.Id == known);
    }

    public async Task<ParsedEvent> ParseAsync(ProjectSnapshot project, ProviderEvent @event, CancellationToken cancel)
    {
        if (StripeEvent.Read(Encoding.UTF8.GetBytes(@event.Body)) is not { IsHandled: true } stripeEvent)
        {
            return ParsedEvent.Nothing;
        }

        var account = accounts.Open(project) ?? throw new ProviderSilentException("The project no longer has Stripe keys.");
        return await events.ParseAsync(account, stripeEvent, cancel);
    }

    private StripeAccount? Open(ProjectSnapshot project)
    {
        var account = accounts.Open(project);
        if (account is null)
        {
            log.LogWarning("Project {Project} uses Stripe but has no Stripe keys: set them with PUT /v1/payment-settings", project.Code);
        }

        return account;
    }

    private async Task<ProviderAnswer?> FindAsync(
        StripeAccount account, (string Path, string Field, Guid Key) what, Func<StripeForm> query, Func<JsonElement, ProviderAnswer?> read,
        CancellationToken cancel)
    {
        await foreach (var one in accounts.ListAsync(account, what.Path, query, MostPages, cancel))
        {
            if (one.Metadata().GetValueOrDefault(what.Field) == what.Key.ToString())
            {
                return read(one) ?? ProviderAnswer.Undecided;
            }
        }

        return null;
    }

    /// <summary>
    /// Nothing moved. A mistake of the project's owner with the keys is not a failure of the customer: the payment is retried.
    /// </summary>
    private ProviderAnswer? Refused(ProjectSnapshot project, Guid key, StripeError error)
    {
        if (StripeRules.FailureOf(error) is { } failure)
        {
            return new(error.PaymentIntent ?? error.Code ?? "refused", failure);
        }

        log.LogError("Stripe refused {Key} of project {Project}: {Error}", key, project.Code, error);
        return error.IsOfKey || error.Type == "idempotency_error" ? null : new(error.Code ?? "refused", PaymentFailure.ProviderRefused);
    }

    private static ProviderAnswer? AnswerOf(JsonElement intent) => StripePayment.Read(intent) switch
    {
        { Outcome: (true, _) } paid => new(paid.Id, null),
        { Outcome: (false, var failure) } failed when !failed.Metadata.ContainsKey(PageField) || failed.Status == "canceled" =>
            new(failed.Id, failure),
        _ => null,
    };

    private static ProviderAnswer? EndOf(JsonElement session) =>
        StripeCheckout.Read(session) is { Status: "expired" } ended ? new(ended.Id, PaymentFailure.Canceled) : null;

    /// <summary>A refund that Stripe is still sending counts as done; an event reports a later failure.</summary>
    private static ProviderAnswer? RefundOf(JsonElement refund) => (refund.Text("id"), refund.Text("status")) switch
    {
        ({ } id, "failed" or "canceled") => new(id, PaymentFailure.Declined),
        ({ } id, _) => new(id, null),
        _ => null,
    };

    private static StripeForm Marks(ProjectSnapshot project, string customer, string field, Guid key) => new StripeForm()
        .Set(field, key.ToString()).Set(StripeAccounts.CustomerField, customer).Set(StripePrices.ProjectField, project.Code);

    private Instant Within(DateTimeOffset wanted)
    {
        var (now, end) = (clock.Now(), Instant.From(wanted));
        var (least, most) = (now.Plus(CheckoutLife.Least), now.Plus(CheckoutLife.Most));
        return end < least ? least : end > most ? most : end;
    }
}
