using System.Text;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>A charge, as a provider receives it.</summary>
/// <param name="Key">Idempotency key: the provider charges once for any number of requests.</param>
/// <param name="Customer">The project's own id.</param>
public sealed record ChargeOrder(Guid Key, string Customer, PaymentMethod Method, MoneyAmount Amount)
{
    /// <summary>True if the customer is present and can confirm.</summary>
    public bool IsPresent { get; init; }
}

/// <param name="Charge">The provider's id of the charge to refund.</param>
public sealed record RefundOrder(Guid Key, string Customer, string Charge, MoneyAmount Amount);

/// <summary>A page on which a customer pays an amount.</summary>
/// <param name="Key">The payment's id: the idempotency key, and the id that the provider's webhooks name.</param>
/// <param name="Description">The purpose that the customer reads.</param>
/// <param name="SuccessUrl">The address to which the page sends the customer after the payment.</param>
/// <param name="SaveMethod">True if the payment method is saved for later charges without the customer.</param>
public sealed record CheckoutOrder(
    Guid Key, ProviderParty Customer, MoneyAmount Amount, string Description, Uri SuccessUrl, Uri CancelUrl, DateTimeOffset ExpiresAt,
    bool SaveMethod);

/// <summary>A customer, as a provider receives it.</summary>
/// <param name="Id">The project's own id.</param>
public sealed record ProviderParty(string Id, string? Name, string? Email);

/// <param name="Reference">The provider's own id of the page.</param>
public sealed record HostedPage(string Reference, Uri Url);

/// <summary>The result of a call to a provider.</summary>
/// <param name="Reference">The provider's own id of it.</param>
/// <param name="Failure">Null: the money moved.</param>
public sealed record ProviderAnswer(string Reference, PaymentFailure? Failure)
{
    /// <summary>True if nothing has moved yet, because the customer has to confirm it to the bank.</summary>
    public bool NeedsCustomer { get; init; }

    /// <summary>True if the provider has the request and has not decided: nothing must be requested again.</summary>
    public bool IsUndecided { get; init; }

    public static readonly ProviderAnswer Undecided = new("", null) { IsUndecided = true };
}

/// <summary>A received webhook. Names of headers in any case.</summary>
/// <param name="Body">The exact bytes.</param>
public sealed record WebhookRequest(
    IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Query, ReadOnlyMemory<byte> Body)
{
    private string? _text;

    /// <summary>The body, decoded once for all projects whose secrets verify it.</summary>
    public string Text => _text ??= Encoding.UTF8.GetString(Body.Span);
}

/// <summary>An event of a provider.</summary>
/// <param name="Id">Unique among the provider's events of a project, for ever: a repeat of it is the same event.</param>
/// <param name="Object">The provider's id of the object that it is about; null: it names none.</param>
public sealed record ProviderEvent(string Id, string Type, string? Object, string Body, DateTimeOffset? HappenedAt);

/// <summary>The result of the check of a webhook's signature.</summary>
public enum WebhookVerdict
{
    Genuine,

    /// <summary>None of the project's secrets made the signature.</summary>
    Forged,

    /// <summary>The signature is valid, but older than allowed.</summary>
    Stale,

    /// <summary>The signature is valid, but the body is no event.</summary>
    Unreadable,
}

/// <param name="Event">Set for a genuine webhook.</param>
public sealed record WebhookReading(WebhookVerdict Verdict, ProviderEvent? Event = null);

/// <summary>The updates that an event results in.</summary>
/// <param name="Updates">To be applied in this order.</param>
/// <param name="IsKnown">False: events of this type do not concern this project.</param>
public sealed record ParsedEvent(IReadOnlyList<ProviderUpdate> Updates, bool IsKnown = true)
{
    /// <summary>
    /// Why a part of the event cannot be followed; null: nothing is missing. The updates are applied, and the
    /// event is read again later.
    /// </summary>
    public Unresolved? Unresolved { get; init; }

    /// <summary>
    /// The subscription that the event is about, among those in <see cref="Updates"/>, by the provider's id; null: all of them.
    /// </summary>
    public string? Subscription { get; init; }

    internal bool IsAbout(ProviderUpdate update) =>
        update is not SubscriptionUpdate subscription || Subscription is null || subscription.Reference == Subscription;

    public static readonly ParsedEvent Nothing = new([], IsKnown: false);

    /// <summary>
    /// The provider does not know the object of its own event. The event is read again, because the key may be another account's, and be
    /// corrected.
    /// </summary>
    public static ParsedEvent Unknown(string why) => new([]) { Unresolved = new(why) };
}

/// <summary>
/// The interface to a provider that moves money. It handles amounts, tokens and keys; <see cref="ISubscriptionBackend"/> handles
/// subscriptions that the provider manages. The caller stores each request before it calls, and never requests anything beyond
/// <see cref="Capabilities"/>.
/// </summary>
public interface IPaymentProvider
{
    PaymentProvider Name { get; }

    ProviderCapabilities Capabilities { get; }

    /// <summary>The capabilities with the project's credentials, if they depend on these.</summary>
    ProviderCapabilities CapabilitiesOf(ProjectSnapshot project) => Capabilities;

    /// <summary>The field with wrong credentials and the reason; null: they may be right.</summary>
    (string Field, string Fault)? Refuse(ProjectMode mode, IReadOnlyDictionary<string, string> credentials);

    /// <returns>Null: no answer arrived. The charge may have happened; <see cref="FindAsync"/> tells.</returns>
    Task<ProviderAnswer?> ChargeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel);

    /// <returns>Null: no answer arrived.</returns>
    Task<ProviderAnswer?> RefundAsync(ProjectSnapshot project, RefundOrder order, CancellationToken cancel);

    /// <summary>Returns the provider's result for a key.</summary>
    /// <returns>Null: the provider never received it. <see cref="ProviderAnswer.Undecided"/>: the provider has it and has not
    /// decided.</returns>
    Task<ProviderAnswer?> FindAsync(ProjectSnapshot project, Guid key, CancellationToken cancel);

    /// <returns>Null: no answer arrived.</returns>
    Task<HostedPage?> OpenCheckoutAsync(ProjectSnapshot project, CheckoutOrder order, CancellationToken cancel);

    /// <summary>
    /// Records the customer's answer to the bank, given on a page of Tollgate: see <see cref="ProviderCapabilities.UsesTollgatePages"/>.
    /// </summary>
    Task<ProviderAnswer> ConfirmAsync(
        ProjectSnapshot project, Guid key, MoneyAmount amount, bool isApproved, CancellationToken cancel) =>
        throw new NotSupportedException($"{Name} hosts its pages, and asks for confirmations there.");

    /// <summary>Closes a page, so that nobody can pay on it any more.</summary>
    /// <param name="reference">The provider's id of the page.</param>
    /// <returns>
    /// The end of the payment: canceled, or paid before that. Null: no answer arrived, a customer is paying just now, or the provider
    /// cannot close pages.
    /// </returns>
    Task<ProviderAnswer?> ClosePageAsync(ProjectSnapshot project, string reference, CancellationToken cancel) =>
        Task.FromResult<ProviderAnswer?>(null);

    /// <returns>Null: no answer arrived, or the provider does not know this customer.</returns>
    Task<Uri?> OpenPortalAsync(ProjectSnapshot project, ProviderParty customer, Uri returnUrl, CancellationToken cancel);

    /// <summary>Verifies a webhook and reads its event, without a call to the provider.</summary>
    /// <param name="credentials">The credentials of one project.</param>
    WebhookReading ReadWebhook(IReadOnlyDictionary<string, string> credentials, WebhookRequest request, DateTimeOffset now);

    /// <summary>Returns the project that an event belongs to, if several projects share one account.</summary>
    /// <param name="projects">The projects whose credentials verify its signature.</param>
    /// <returns>Null: the event is about no object of these projects.</returns>
    Task<ProjectSnapshot?> OwnerOfAsync(IReadOnlyList<ProjectSnapshot> projects, ProviderEvent @event, CancellationToken cancel) =>
        Task.FromResult<ProjectSnapshot?>(null);

    /// <summary>Reads a genuine event. If the event may be older than the provider's state, this asks the provider.</summary>
    /// <exception cref="ProviderSilentException">The provider did not answer: the event is read again later.</exception>
    Task<ParsedEvent> ParseAsync(ProjectSnapshot project, ProviderEvent @event, CancellationToken cancel);
}

/// <summary>The provider did not answer a question about its state.</summary>
/// <param name="message">For operators; without secrets.</param>
public sealed class ProviderSilentException(string message) : Exception(message);
