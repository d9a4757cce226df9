using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Payments;

/// <summary>A page on which a customer subscribes at a provider, which manages the subscription from then on.</summary>
/// <param name="Key">The checkout's id: idempotency key, and what the provider's events name.</param>
/// <param name="TrialDays">0: none is left.</param>
public sealed record ProviderManagedCheckout(
    Guid Key, ProviderParty Customer, SubscriptionTerms Terms, int TrialDays, Coupon? Coupon, Uri SuccessUrl, Uri CancelUrl,
    DateTimeOffset ExpiresAt);

public enum BackendOutcome
{
    /// <summary>It is so at the provider; <see cref="BackendAnswer.Updates"/> says what it has now.</summary>
    Done,

    /// <summary>It had to be paid, and no money came. Nothing was changed.</summary>
    Declined,

    /// <summary>The provider has no such thing, or refuses it.</summary>
    Impossible,

    /// <summary>The provider has no such subscription.</summary>
    Missing,

    /// <summary>None came, and what is there does not say that it was done.</summary>
    NoAnswer,
}

/// <param name="Detail">For people.</param>
public sealed record BackendAnswer(BackendOutcome Outcome, string? Detail = null, PaymentFailure? Failure = null)
{
    /// <summary>Of what was done: the provider's subscriptions of the customer, and what was invoiced for it.</summary>
    public IReadOnlyList<ProviderUpdate> Updates { get; init; } = [];

    /// <summary>Of a page.</summary>
    public HostedPage? Page { get; init; }

    /// <summary>Of a preview: what it asks for now; null: nothing.</summary>
    public Invoice? Invoice { get; init; }

    /// <summary>Of a preview: what the next period asks for; null: nothing.</summary>
    public Invoice? Next { get; init; }

    public static BackendAnswer Impossible(string detail) => new(BackendOutcome.Impossible, detail);

    public static readonly BackendAnswer Silent = new(
        BackendOutcome.NoAnswer, "The payment provider did not answer, and what it has does not say that it was done.");
}

/// <summary>
/// The seam to a provider that manages subscriptions. Each call requests a state and not a difference, so a repeat is harmless. Tollgate
/// reads the result from the provider, so a lost answer is harmless too. The backend refuses requests that the provider does not support.
/// </summary>
public interface ISubscriptionBackend
{
    PaymentProvider Name { get; }

    /// <summary>A page in which a subscription begins.</summary>
    Task<BackendAnswer> OpenPageAsync(ProjectSnapshot project, ProviderManagedCheckout order, CancellationToken cancel);

    /// <summary>Nobody can subscribe on it any more. What was bought on it is told.</summary>
    Task<BackendAnswer> ClosePageAsync(ProjectSnapshot project, string reference, CancellationToken cancel);

    /// <summary>Other terms from now on; what they cost more for the rest of the period is paid before they are had.</summary>
    Task<BackendAnswer> ChangeAsync(
        ProjectSnapshot project, SubscriptionRow row, SubscriptionTerms terms, Proration proration, CancellationToken cancel);

    Task<BackendAnswer> CancelAsync(ProjectSnapshot project, SubscriptionRow row, CancelOrder order, CancellationToken cancel);

    Task<BackendAnswer> UncancelAsync(ProjectSnapshot project, SubscriptionRow row, CancellationToken cancel);

    /// <summary>It takes something off the provider's invoices from now on.</summary>
    Task<BackendAnswer> RedeemAsync(ProjectSnapshot project, SubscriptionRow row, Coupon coupon, CancellationToken cancel);

    /// <summary>It takes nothing off any more. Of one that it does not have: done.</summary>
    Task<BackendAnswer> EndCouponAsync(ProjectSnapshot project, SubscriptionRow row, string code, CancellationToken cancel);

    /// <param name="terms">Others from now on; null: it goes on.</param>
    Task<BackendAnswer> PreviewAsync(
        ProjectSnapshot project, SubscriptionRow row, string customer, SubscriptionTerms? terms, Proration proration,
        CancellationToken cancel);

    /// <summary>What an end now asks for, or gives back.</summary>
    Task<BackendAnswer> PreviewEndAsync(
        ProjectSnapshot project, SubscriptionRow row, string customer, bool givesBack, CancellationToken cancel);

    /// <summary>Asks for lines with the invoices that it makes. A line that it has already is not asked for again.</summary>
    /// <returns>The provider's id of each line that it has now.</returns>
    /// <exception cref="ProviderSilentException">It did not answer.</exception>
    Task<IReadOnlyDictionary<Guid, string>> BillAsync(ProjectSnapshot project, ProviderBill bill, CancellationToken cancel);
}

/// <summary>The backends, by name.</summary>
public sealed class SubscriptionBackends(IEnumerable<ISubscriptionBackend> backends)
{
    private readonly Dictionary<string, ISubscriptionBackend> _backends = backends.ToDictionary(
        static one => CatalogWords.Of(one.Name), StringComparer.Ordinal);

    /// <param name="name">As <see cref="Subscription.ManagedBy"/> has it.</param>
    public ISubscriptionBackend Of(string name) => _backends[name];

    /// <summary>Who begins the project's new subscriptions; null: Tollgate.</summary>
    public ISubscriptionBackend? OfNew(ProjectSnapshot project) =>
        project.Payments.Subscriptions == SubscriptionsBy.Provider
            ? _backends.GetValueOrDefault(CatalogWords.Of(project.Payments.Provider))
            : null;
}
