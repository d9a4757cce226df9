using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Web.Controls;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Checkouts;

/// <summary>The data of a checkout's page.</summary>
/// <param name="Path">The page's own path, on which the paths of its forms build.</param>
/// <param name="Last">The newest attempt to pay it.</param>
/// <param name="Tried">The card of that attempt.</param>
/// <param name="TakesCards">This page takes cards. False: the provider hosts the page on which the customer pays.</param>
/// <param name="Fault">The reason why the submitted form had no effect, for the customer.</param>
public sealed record CheckoutModel(
    string Path, ProjectSnapshot Project, CheckoutRow Row, PriceQuote Price, IReadOnlyList<PaymentMethod> Saved, PaymentRow? Last,
    PaymentMethod? Tried, bool TakesCards, string? Fault = null)
{
    public Purchase Quote => Price.Purchase;

    /// <summary>The sentence about the time until which this price holds; null: there is none.</summary>
    public string? Holds => Price.HoldsUntil is { } until ? $"This price is valid until {Words.Time(until, Project)}." : null;

    /// <summary>True: the page shows cards to choose from.</summary>
    public bool ShowsCards => AsksForCard && TakesCards;

    /// <summary>False: the project has changed its provider, and this page can charge nothing.</summary>
    public bool CanBePaid => ShowsCards || (Quote.Due.IsZero && Kind != CheckoutKind.Setup);

    private CheckoutKind Kind => Row.Checkout.Kind;

    private Subscription? Subscription => Quote.Subscription;

    public bool IsTrial => Subscription is { Status: SubscriptionStatus.Trialing } && !Quote.IsChange;

    /// <summary>True: nothing is due now but will be later, so the customer saves a card.</summary>
    public bool IsForLater =>
        Kind == CheckoutKind.Subscription && Quote.NeedsMethodLater && Row.Wanted.MethodIfRequired != true && Saved.Count == 0;

    /// <summary>True: the page asks for a card, because there is or will be a charge.</summary>
    public bool AsksForCard => !Quote.Due.IsZero || IsTrial || IsForLater || Kind == CheckoutKind.Setup;

    public string Title => Kind switch
    {
        CheckoutKind.Pack =>
            $"Buy {(Quote.Invoice!.Lines[0].Quantity == Quantity.One ? "" : $"{Quote.Invoice.Lines[0].Quantity} × ")}{Quote.Invoice.Lines[0].Description}",
        CheckoutKind.Invoice => $"Invoice {Quote.Invoice!.Number}",
        CheckoutKind.Setup => "Save a card",
        _ when IsTrial => $"Try {PlanName}",
        _ => $"{(Quote.IsChange ? "Change" : "Subscribe")} to {PlanName}",
    };

    private string PlanName => (Subscription?.Scheduled ?? Subscription?.Terms)?.Plan.Plan.Name ?? "";

    /// <summary>The text below the amount: its purpose and time.</summary>
    public string? Meaning => Kind switch
    {
        CheckoutKind.Invoice => $"Due {Words.Day(Quote.Invoice!.DueAt ?? Quote.Invoice.CreatedAt, Project)}",
        CheckoutKind.Setup => "You are not charged today.",
        CheckoutKind.Pack => "One-time payment.",
        _ when Subscription is not { } subscription => null,
        _ when IsTrial => $"Free until {Words.Day(Subscription!.TrialEnd!.Value, Project)}",
        _ when Subscription.Scheduled is not null =>
            $"Nothing is due now. Your plan changes on {Words.Day(Subscription.Current.End, Project)}.",
        _ => $"For the time until {Words.Day(Subscription.Current.End, Project)}",
    };

    /// <summary>The text about later charges.</summary>
    public string? Then =>
        (Quote.Next is not null || Quote.Prices.Any(static price => !price.Total.IsZero)) && Subscription is { } subscription
        && Words.Coming(Quote.Prices, (subscription.Scheduled ?? subscription.Terms).Interval, "first", Project) is { } prices
        ? $"Then {prices}.{(IsTrial ? " Without a card, the trial ends then and you are not charged." : "")}"
        : null;

    /// <summary>The text about the use of the card.</summary>
    public string SavingWords => Kind switch
    {
        CheckoutKind.Setup =>
            $"We will charge later payments to it{(Saved.Count > 0 ? " instead of your previous card" : "")}. "
                + "You can remove it at any time.",
        _ when IsForLater => "You are not charged today. We save the card and charge later payments to it. You can remove it at any time.",
        _ when IsTrial =>
            "We save the card and charge it when the trial ends. You can cancel before then, and remove the card at any time.",
        CheckoutKind.Subscription => "We save this card and charge later payments to it. You can remove it at any time.",
        _ => "We save this card after the payment. You can remove it at any time.",
    };

    public string Button => (Kind, Quote.Due.IsZero) switch
    {
        (_, false) => $"Pay {Words.Of(Quote.Due)}",
        (CheckoutKind.Setup, _) => "Save the card",
        _ when IsTrial => "Start the trial",
        _ => "Confirm",
    };

    /// <summary>The reason why the last attempt failed.</summary>
    public string? Failure => Fault ?? Last switch
    {
        { Payment: { Status: PaymentStatus.Failed, Failure: { } why } } => why switch
        {
            PaymentFailure.InsufficientFunds => "This card has insufficient funds. You were not charged.",
            PaymentFailure.AuthenticationRequired => "You did not confirm the payment at your bank. You were not charged.",
            PaymentFailure.Canceled => "The payment was canceled. You were not charged.",
            PaymentFailure.AmountNotPossible or PaymentFailure.ProviderRefused =>
                "Card payments are not possible at the moment. You were not charged.",
            _ => "Your bank declined this card. You were not charged.",
        },
        _ => null,
    };

    /// <summary>Returns the reason why the order is not possible.</summary>
    public static string WhyNotOf(PurchaseRefusal? why) => why is { Subscription: SubscriptionOutcome.CouponRefused, Detail: { } detail }
        ? detail
        : "You already have it, or it is no longer available.";

    /// <summary>True: the bank waits for the customer's confirmation.</summary>
    public bool IsAtBank => Last is { Payment.Status: PaymentStatus.RequiresAction };

    /// <summary>The last tried card, else the default one, else the first sandbox card, which succeeds.</summary>
    public string Chosen => Tried is not null
        ? Saved.Any(one => one.Id == Tried.Id) ? CardValue.Of(Tried) : CardValue.OfNew(Tried)
        : Kind != CheckoutKind.Setup && Saved.FirstOrDefault(static one => one.IsDefault) is { } own
        ? CardValue.Of(own)
        : CardValue.Of(SandboxCards.All[0]);
}
