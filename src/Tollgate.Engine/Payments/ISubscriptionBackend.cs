using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Payments;

/// <summary>A page on which a customer subscribes at a provider, which manages the subscription from then on.</summary>
/// <param name="Key">The checkout's id: the idempotency key, and the id that the provider's events name.</param>
/// <param name="TrialDays">0: none is left.</param>
public sealed record ProviderManagedCheckout(
    Guid Key, ProviderParty Customer, SubscriptionTerms Terms, int TrialDays, Coupon? Coupon, Uri SuccessUrl, Uri CancelUrl,
    DateTimeOffset ExpiresAt);

public enum BackendOutcome
{
    /// <summary>The provider has the requested state; <see cref="BackendAnswer.Updates"/> contains it.</summary>
    Done,

    /// <summary>The change needed a payment, which failed. Nothing has changed.</summary>
    Declined,

    /// <summary>The provider does not have the object, or refuses the request.</summary>
    Impossible,

    /// <summary>The provider has no such subscription.</summary>
    Missing,

    /// <summary>No answer arrived, and the provider's state does not show the change.</summary>
    NoAnswer,
}

/// <param name="Detail">For operators.</param>
public sealed record BackendAnswer(BackendOutcome Outcome, string? Detail = null, PaymentFailure? Failure = null)
{
    /// <summary>After a change: the provider's subscriptions of the customer, and the invoices for the change.</summary>
    public IReadOnlyList<ProviderUpdate> Updates { get; init; } = [];

    /// <summary>The page, if the call opened one.</summary>
    public HostedPage? Page { get; init; }

    /// <summary>Preview only: the invoice that is due now; null: none.</summary>
    public Invoice? Invoice { get; init; }

    /// <summary>Preview only: the invoice of the next period; null: none.</summary>
    public Invoice? Next { get; init; }

    public static BackendAnswer Impossible(string detail) => new(BackendOutcome.Impossible, detail);

    public static readonly BackendAnswer Silent = new(
        BackendOutcome.NoAnswer, "The payment provider did not answer, and its records do not show that the change took effect.");
}

/// <summary>
/// The seam to a provider that manages subscriptions. Each call requests a state and not a difference, so a repeat is harmless. Tollgate
/// reads the result from the provider, so a lost answer is harmless too. The backend refuses requests that the provider does not support.
/// </summary>
public interface ISubscriptionBackend
{
    PaymentProvider Name { get; }

    /// <summary>Opens a page on which a subscription begins.</summary>
    Task<BackendAnswer> OpenPageAsync(ProjectSnapshot project, ProviderManagedCheckout order, CancellationToken cancel);

    /// <summary>Closes a page, so that nobody can subscribe on it any more. The answer contains a purchase made on it before.</summary>
    Task<BackendAnswer> ClosePageAsync(ProjectSnapshot project, string reference, CancellationToken cancel);

    /// <summary>
    /// Changes the terms from now on; the customer pays a higher price for the rest of the period before it gets the new terms.
    /// </summary>
    Task<BackendAnswer> ChangeAsync(
        ProjectSnapshot project, SubscriptionRow row, SubscriptionTerms terms, Proration proration, CancellationToken cancel);

    Task<BackendAnswer> CancelAsync(ProjectSnapshot project, SubscriptionRow row, CancelOrder order, CancellationToken cancel);

    Task<BackendAnswer> UncancelAsync(ProjectSnapshot project, SubscriptionRow row, CancellationToken cancel);

    /// <summary>Applies a coupon to the provider's invoices from now on.</summary>
    Task<BackendAnswer> RedeemAsync(ProjectSnapshot project, SubscriptionRow row, Coupon coupon, CancellationToken cancel);

    /// <summary>Ends a coupon. The result is done also if the subscription does not have it.</summary>
    Task<BackendAnswer> EndCouponAsync(ProjectSnapshot project, SubscriptionRow row, string code, CancellationToken cancel);

    /// <param name="terms">The new terms from now on; null: the present terms continue.</param>
    Task<BackendAnswer> PreviewAsync(
        ProjectSnapshot project, SubscriptionRow row, string customer, SubscriptionTerms? terms, Proration proration,
        CancellationToken cancel);

    /// <summary>Previews an immediate end: the amount due or the amount returned.</summary>
    Task<BackendAnswer> PreviewEndAsync(
        ProjectSnapshot project, SubscriptionRow row, string customer, bool givesBack, CancellationToken cancel);

    /// <summary>Adds lines to the invoices that the provider makes. A line that the provider already has is not added again.</summary>
    /// <returns>The provider's id of each line that it has now.</returns>
    /// <exception cref="ProviderSilentException">The provider did not answer.</exception>
    Task<IReadOnlyDictionary<Guid, string>> BillAsync(ProjectSnapshot project, ProviderBill bill, CancellationToken cancel);
}

/// <summary>The backends, by name.</summary>
public sealed class SubscriptionBackends(IEnumerable<ISubscriptionBackend> backends)
{
    private readonly Dictionary<string, ISubscriptionBackend> _backends = backends.ToDictionary(
        static one => CatalogWords.Of(one.Name), StringComparer.Ordinal);

    /// <param name="name">The value of <see cref="Subscription.ManagedBy"/>.</param>
    public ISubscriptionBackend Of(string name) => _backends[name];

    /// <summary>The backend that manages the project's new subscriptions; null: Tollgate.</summary>
    public ISubscriptionBackend? OfNew(ProjectSnapshot project) =>
        project.Payments.Subscriptions == SubscriptionsBy.Provider
            ? _backends.GetValueOrDefault(CatalogWords.Of(project.Payments.Provider))
            : null;
}
