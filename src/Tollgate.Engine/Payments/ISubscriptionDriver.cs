using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Payments;

/// <summary>A page on which a customer subscribes at a provider, which drives the subscription from then on.</summary>
/// <param name="Key">The checkout's id: idempotency key, and what the provider's events name.</param>
/// <param name="TrialDays">0: none is left.</param>
public sealed record DrivenCheckout(
    Guid Key, ProviderParty Customer, SubscriptionTerms Terms, int TrialDays, Coupon? Coupon, Uri SuccessUrl, Uri CancelUrl, DateTimeOffset ExpiresAt);

public enum DriveOutcome
{
    /// <summary>It is so at the provider; <see cref="DriveAnswer.Told"/> says what it has now.</summary>
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
public sealed record DriveAnswer(DriveOutcome Outcome, string? Detail = null, PaymentFailure? Failure = null)
{
    /// <summary>Of what was done: the provider's subscriptions of the customer, and what was invoiced for it.</summary>
    public IReadOnlyList<ProviderNews> Told { get; init; } = [];

    /// <summary>Of a page.</summary>
    public HostedPage? Page { get; init; }

    /// <summary>Of a preview: what it asks for now; null: nothing.</summary>
    public Invoice? Invoice { get; init; }

    /// <summary>Of a preview: what the next period asks for; null: nothing.</summary>
    public Invoice? Next { get; init; }

    public static DriveAnswer Impossible(string detail) => new(DriveOutcome.Impossible, detail);

    public static readonly DriveAnswer Silent = new(DriveOutcome.NoAnswer, "The payment provider did not answer, and what it has does not say that it was done.");
}

/// <summary>
/// The seam to a provider that drives subscriptions. What is asked for is a state and not a difference, so asking again does no harm; what became of it is read
/// at the provider, so a lost answer does none either. What the provider does not do is refused, and never done in another way.
/// </summary>
public interface ISubscriptionDriver
{
    PaymentProvider Name { get; }

    /// <summary>A page in which a subscription begins.</summary>
    Task<DriveAnswer> OpenPageAsync(ProjectSnapshot project, DrivenCheckout order, CancellationToken cancel);

    /// <summary>Nobody can subscribe on it any more. What was bought on it is told.</summary>
    Task<DriveAnswer> ClosePageAsync(ProjectSnapshot project, string reference, CancellationToken cancel);

    /// <summary>Other terms from now on; what they cost more for the rest of the period is paid before they are had.</summary>
    Task<DriveAnswer> ChangeAsync(ProjectSnapshot project, SubscriptionRow row, SubscriptionTerms terms, Proration proration, CancellationToken cancel);

    Task<DriveAnswer> CancelAsync(ProjectSnapshot project, SubscriptionRow row, CancelOrder order, CancellationToken cancel);

    Task<DriveAnswer> UncancelAsync(ProjectSnapshot project, SubscriptionRow row, CancellationToken cancel);

    /// <summary>It takes something off the provider's invoices from now on.</summary>
    Task<DriveAnswer> RedeemAsync(ProjectSnapshot project, SubscriptionRow row, Coupon coupon, CancellationToken cancel);

    /// <summary>It takes nothing off any more. Of one that it does not have: done.</summary>
    Task<DriveAnswer> EndCouponAsync(ProjectSnapshot project, SubscriptionRow row, string code, CancellationToken cancel);

    /// <param name="terms">Others from now on; null: it goes on.</param>
    Task<DriveAnswer> PreviewAsync(ProjectSnapshot project, SubscriptionRow row, string customer, SubscriptionTerms? terms, Proration proration, CancellationToken cancel);

    /// <summary>What an end now asks for, or gives back.</summary>
    Task<DriveAnswer> PreviewEndAsync(ProjectSnapshot project, SubscriptionRow row, string customer, bool givesBack, CancellationToken cancel);

    /// <summary>Asks for lines with the invoices that it makes. A line that it has already is not asked for again.</summary>
    /// <returns>The provider's id of each line that it has now.</returns>
    /// <exception cref="ProviderSilentException">It did not answer.</exception>
    Task<IReadOnlyDictionary<Guid, string>> BillAsync(ProjectSnapshot project, ProviderBill bill, CancellationToken cancel);
}

/// <summary>The drivers, by name.</summary>
public sealed class SubscriptionDrivers(IEnumerable<ISubscriptionDriver> drivers)
{
    private readonly Dictionary<string, ISubscriptionDriver> _drivers = drivers.ToDictionary(static one => CatalogWords.Of(one.Name), StringComparer.Ordinal);

    /// <param name="name">As <see cref="Subscription.DrivenBy"/> has it.</param>
    public ISubscriptionDriver Of(string name) => _drivers[name];

    /// <summary>Who begins the project's new subscriptions; null: Tollgate.</summary>
    public ISubscriptionDriver? OfNew(ProjectSnapshot project) =>
        project.Payments.Subscriptions == SubscriptionsBy.Provider ? _drivers.GetValueOrDefault(CatalogWords.Of(project.Payments.Provider)) : null;
}
