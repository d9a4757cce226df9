using System.Text;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>A charge as a provider sees it.</summary>
/// <param name="Key">Idempotency key: the same is done once, however often it is asked for.</param>
/// <param name="Customer">The project's own id.</param>
public sealed record ChargeOrder(Guid Key, string Customer, PaymentMethod Method, MoneyAmount Amount)
{
    /// <summary>The customer is there and can be asked to confirm.</summary>
    public bool IsPresent { get; init; }
}

/// <param name="Charge">The provider's id of what is to go back.</param>
public sealed record RefundOrder(Guid Key, string Customer, string Charge, MoneyAmount Amount);

/// <summary>A page on which a customer pays an amount.</summary>
/// <param name="Key">The payment's id: idempotency key, and what the provider's webhooks name.</param>
/// <param name="Description">What it is for, as the customer reads it.</param>
/// <param name="SuccessUrl">Where the customer goes from there.</param>
/// <param name="SaveMethod">The customer is to be charged by it later, without being there.</param>
public sealed record CheckoutOrder(
    Guid Key, ProviderParty Customer, MoneyAmount Amount, string Description, Uri SuccessUrl, Uri CancelUrl, DateTimeOffset ExpiresAt,
    bool SaveMethod);

/// <summary>A customer as a provider is told.</summary>
/// <param name="Id">The project's own id.</param>
public sealed record ProviderParty(string Id, string? Name, string? Email);

/// <param name="Reference">The provider's own id of it.</param>
public sealed record HostedPage(string Reference, Uri Url);

/// <summary>What a provider did.</summary>
/// <param name="Reference">The provider's own id of it.</param>
/// <param name="Failure">Null: the money moved.</param>
public sealed record ProviderAnswer(string Reference, PaymentFailure? Failure)
{
    /// <summary>Nothing moved yet: the customer has to confirm it to the bank.</summary>
    public bool NeedsCustomer { get; init; }

    /// <summary>It was asked, and has not decided: nothing is to be asked for anew.</summary>
    public bool IsUndecided { get; init; }

    public static readonly ProviderAnswer Undecided = new("", null) { IsUndecided = true };
}

/// <summary>A webhook as it came in. Names of headers in any case.</summary>
/// <param name="Body">Byte for byte.</param>
public sealed record WebhookRequest(
    IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Query, ReadOnlyMemory<byte> Body)
{
    private string? _text;

    /// <summary>The body, decoded once however many projects' secrets it is verified with.</summary>
    public string Text => _text ??= Encoding.UTF8.GetString(Body.Span);
}

/// <summary>An event of a provider.</summary>
/// <param name="Id">Unique among the provider's events of a project, for ever: a repeat of it is the same event.</param>
/// <param name="Object">The provider's id of what it speaks of; null: it does not say.</param>
public sealed record ProviderEvent(string Id, string Type, string? Object, string Body, DateTimeOffset? HappenedAt);

/// <summary>What the signature of a webhook says.</summary>
public enum WebhookVerdict
{
    Genuine,

    /// <summary>Signed by nobody whom these credentials know.</summary>
    Forged,

    /// <summary>Rightly signed, longer ago than is allowed.</summary>
    Stale,

    /// <summary>Rightly signed, and still no event.</summary>
    Unreadable,
}

/// <param name="Event">Of a genuine one.</param>
public sealed record WebhookReading(WebhookVerdict Verdict, ProviderEvent? Event = null);

/// <summary>What an event comes to.</summary>
/// <param name="Updates">To be applied in this order.</param>
/// <param name="IsKnown">False: events of this type concern nobody here.</param>
public sealed record ParsedEvent(IReadOnlyList<ProviderUpdate> Updates, bool IsKnown = true)
{
    /// <summary>What cannot be followed; null: nothing. The news are applied, and the event is read again later.</summary>
    public Unresolved? Unresolved { get; init; }

    /// <summary>
    /// Of the subscriptions that are told of, the one that the event is about, by the provider's id; null: all that is told.
    /// </summary>
    public string? Subscription { get; init; }

    internal bool IsAbout(ProviderUpdate update) =>
        update is not SubscriptionUpdate subscription || Subscription is null || subscription.Reference == Subscription;

    public static readonly ParsedEvent Nothing = new([], IsKnown: false);

    /// <summary>
    /// The provider does not know what its own event speaks of: it is read again, since the key may be another account's and be mended.
    /// </summary>
    public static ParsedEvent Unknown(string why) => new([]) { Unresolved = new(why) };
}

/// <summary>
/// The seam to who moves money. It knows amounts, tokens and keys; subscriptions that it manages are asked of
/// <see cref="ISubscriptionBackend"/>. The caller has stored what it asks for before it asks. What a provider cannot do
/// (<see cref="Capabilities"/>) is never asked for.
/// </summary>
public interface IPaymentProvider
{
    PaymentProvider Name { get; }

    ProviderCapabilities Capabilities { get; }

    /// <summary>What it can do with the project's credentials, where that hangs on them.</summary>
    ProviderCapabilities CapabilitiesOf(ProjectSnapshot project) => Capabilities;

    /// <summary>Why credentials cannot be right, by field; null: they may be.</summary>
    (string Field, string Fault)? Refuse(ProjectMode mode, IReadOnlyDictionary<string, string> credentials);

    /// <returns>Null: no answer came. It may have happened; <see cref="FindAsync"/> tells.</returns>
    Task<ProviderAnswer?> ChargeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel);

    /// <returns>Null: no answer came.</returns>
    Task<ProviderAnswer?> RefundAsync(ProjectSnapshot project, RefundOrder order, CancellationToken cancel);

    /// <summary>What it did under a key.</summary>
    /// <returns>Null: nothing; it was never asked. <see cref="ProviderAnswer.Undecided"/>: it was.</returns>
    Task<ProviderAnswer?> FindAsync(ProjectSnapshot project, Guid key, CancellationToken cancel);

    /// <returns>Null: no answer came.</returns>
    Task<HostedPage?> OpenCheckoutAsync(ProjectSnapshot project, CheckoutOrder order, CancellationToken cancel);

    /// <summary>Nobody is to pay on a page any more.</summary>
    /// <param name="reference">The provider's id of the page.</param>
    /// <returns>
    /// How the payment ended: canceled, or paid before that. Null: no answer came, somebody is paying just now, or it closes no pages.
    /// </returns>
    Task<ProviderAnswer?> ClosePageAsync(ProjectSnapshot project, string reference, CancellationToken cancel) =>
        Task.FromResult<ProviderAnswer?>(null);

    /// <returns>Null: no answer came, or it has nothing of this customer.</returns>
    Task<Uri?> OpenPortalAsync(ProjectSnapshot project, ProviderParty customer, Uri returnUrl, CancellationToken cancel);

    /// <summary>Whether a webhook is the provider's own, and what it is called. It asks nobody.</summary>
    /// <param name="credentials">Of one project.</param>
    WebhookReading ReadWebhook(IReadOnlyDictionary<string, string> credentials, WebhookRequest request, DateTimeOffset now);

    /// <summary>Whose an event is, where several projects are on one account.</summary>
    /// <param name="projects">Those whose credentials it is signed with.</param>
    /// <returns>Null: it speaks of nothing that one of them has.</returns>
    Task<ProjectSnapshot?> OwnerOfAsync(IReadOnlyList<ProjectSnapshot> projects, ProviderEvent @event, CancellationToken cancel) =>
        Task.FromResult<ProjectSnapshot?>(null);

    /// <summary>What a genuine event says. Where it may be older than what the provider has, the provider is asked.</summary>
    /// <exception cref="ProviderSilentException">The provider was asked and did not answer: the event is read again later.</exception>
    Task<ParsedEvent> ParseAsync(ProjectSnapshot project, ProviderEvent @event, CancellationToken cancel);
}

/// <summary>A provider that was asked what it has did not answer.</summary>
/// <param name="message">For people; without secrets.</param>
public sealed class ProviderSilentException(string message) : Exception(message);
