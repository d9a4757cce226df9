using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Notices;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Portal;

/// <summary>A customer's plan and its origin.</summary>
/// <param name="IsDefault">True: the project's default plan.</param>
/// <param name="IsOwners">True: the customer is a member and uses the plan of its owner.</param>
/// <param name="Newest">The newest subscription, which may have ended; null: the customer never had one.</param>
/// <param name="Vat">The status of the VAT id; null: Tollgate does not know the customer.</param>
public sealed record PortalPlan(Plan Plan, bool IsDefault, bool IsOwners, Subscription? Newest, VatStatus? Vat);

/// <summary>The customer's plan, cards and invoices for the portal.</summary>
/// <param name="Invoices">Newest first.</param>
/// <param name="Notices">The most important first.</param>
/// <param name="HasPayPage">True: customers can pay invoices on a page. False: only outside Tollgate.</param>
/// <param name="CanAddCard">True: Tollgate's own pages save cards. False: only the provider's do.</param>
/// <param name="Next">The next invoice; null: there is none, or the provider manages the subscription.</param>
/// <param name="Prices">The prices of the renewals.</param>
public sealed record PortalModel(
    string Path, ProjectSnapshot Project, string Customer, string? ReturnUrl, PortalPlan Plan, IReadOnlyList<Invoice> Invoices,
    IReadOnlyList<PaymentMethod> Methods,
    IReadOnlyList<Notice> Notices, bool HasPayPage, bool CanAddCard, Invoice? Next, IReadOnlyList<ComingPrice> Prices)
{
    /// <summary>The subscription that has not ended; null: none.</summary>
    public Subscription? Subscription => Plan.Newest is { IsEnded: false } live ? live : null;

    /// <summary>
    /// True: the customer's subscription gives this plan. False: an operator set the plan, or the subscription gives none, for instance
    /// during a pause.
    /// </summary>
    private bool IsPaidFor => Subscription is { GivesPlan: true } some && some.Terms.Plan.Code == Plan.Plan.Code;

    /// <summary>The origin of the plan; null: the running subscription.</summary>
    public string? Origin => this switch
    {
        { Plan.IsOwners: true } => "You share this plan. Its owner pays for it.",
        { IsPaidFor: true } => null,
        { Subscription: { Status: SubscriptionStatus.Paused } paused } => $"Your subscription to {paused.Terms.Plan.Plan.Name} is paused.",
        { Subscription: { GivesPlan: false } waiting } =>
            $"Your subscription to {waiting.Terms.Plan.Plan.Name} is waiting for its first payment.",
        { Subscription: { } other } =>
            $"{Project.PublicName} set this plan for you. You also have a subscription to {other.Terms.Plan.Plan.Name}.",
        { Plan: { Newest: { EndedAt: { } ended } over } } =>
            $"Your subscription to {over.Terms.Plan.Plan.Name} ended on {Words.Day(ended, Project)}.{(Plan.IsDefault ? "" : $" {SetForYou}")}",
        { Plan.IsDefault: true } => "You have no subscription.",
        _ => SetForYou,
    };

    private string SetForYou => $"{Project.PublicName} set this plan for you. You have no subscription to it.";

    /// <summary>True: the customer can buy another plan. The owner decides the plan of a member.</summary>
    public bool CanChoosePlan => HasPayPage && !Plan.IsOwners;

    /// <summary>The price of the subscription before discounts; null: the same.</summary>
    public MoneyAmount? Listed => Subscription is { Terms: var terms } && terms.Listed != terms.Amount ? terms.Listed : null;

    /// <summary>The text about the charges, if they differ from the plan's price; null: they do not.</summary>
    public string? Pays => Subscription is not { } some ? null
        : some.ManagedBy is { } provider ? $"{ProviderNames.TitleOf(provider)} charges it, with its taxes and discounts."
        : string.Join(' ', new[] { Usage, Renewals(some), Parts }.OfType<string>()) is { Length: > 0 } text ? text : null;

    /// <summary>The text about a bill for usage: of a month within a longer period, or the last one after the end.</summary>
    private string? Usage => Next is { Total.IsZero: false, IssuedAt: { } at } && !IsRenewal
        ? $"You pay {Words.Of(Next.Total)} for usage on {Words.Day(at, Project)}."
        : null;

    private bool IsRenewal => Prices.Count > 0 && Next?.Kind is InvoiceKind.Start or InvoiceKind.Renewal or InvoiceKind.Change;

    private string? Renewals(Subscription some) => Prices is [var only] && only.Total == some.Terms.Amount && some.Scheduled is null
        ? null
        : Words.Coming(Prices, (some.Scheduled ?? some.Terms).Interval, "next", Project) is { } prices ? $"You pay {prices}." : null;

    /// <summary>The reason why the next invoice differs from the plan's price.</summary>
    private string? Parts
    {
        get
        {
            if (!IsRenewal || Next is not { } next)
            {
                return null;
            }

            var usage = Sum(static line => line.Kind is InvoiceLineKind.Usage or InvoiceLineKind.Minimum);
            var tax = next.Taxes.Where(static one => !one.IsInclusive)
                .Aggregate(MoneyAmount.Zero(next.Currency), static (sum, one) => sum + one.Amount);
            (string Sign, MoneyAmount Amount, string What)[] parts =
                [("plus", usage, "for usage so far"), ("less", next.Discount, "discount"), ("plus", tax, "tax"),
                    ("less", next.FromCredits, "of your credit")];
            var others = string.Concat(parts.Where(static part => !part.Amount.IsZero)
                .Select(static part => $", {part.Sign} {Words.Of(part.Amount)} {part.What}"));
            return others.Length == 0 ? null : $"Next invoice: plan {Words.Of(next.Subtotal - usage)}{others}.";

            MoneyAmount Sum(Func<InvoiceLine, bool> are) =>
                next.Lines.Where(are).Aggregate(MoneyAmount.Zero(next.Currency), static (sum, line) => sum + line.Amount);
        }
    }

    /// <summary>The note about tax on the next invoices; null: none.</summary>
    public string? TaxNote => Plan.Vat switch
    {
        VatStatus.Pending => "The EU's VAT register (VIES) has not confirmed your VAT id yet.",
        VatStatus.Invalid => "Your VAT id is not in the EU's VAT register (VIES), so your invoices include tax.",
        _ => null,
    };

    /// <summary>The note about payment if there is no payment page; null: there is one, or nothing is open.</summary>
    public string? HowToPay => HasPayPage || !Invoices.Any(static invoice => !invoice.Payable.IsZero)
        ? null
        : $"To pay an invoice, follow its instructions or contact {Project.PublicName}.";

    public static string ToneOf(NoticeSeverity severity) =>
        severity switch { NoticeSeverity.Critical => "bad", NoticeSeverity.Warning => "note", _ => "" };

    /// <summary>Returns the button's name for screen readers, which do not show its context.</summary>
    public static string LabelOf(Notice notice) =>
        notice.Invoice is { } invoice ? $"{notice.Action?.Words} of invoice {invoice.Number}" : notice.Action?.Words ?? "";

    /// <summary>Returns the target and field of a notice's button; null: this page has no form for the action.</summary>
    public (string To, string Name, string Value)? FormOf(Notice notice) => notice.Action?.Do switch
    {
        NoticeAction.PayInvoice when HasPayPage => (Path + "/pay", "invoice", notice.Invoice!.Id.ToString("D")),
        NoticeAction.AddPaymentMethod when CanAddCard => (Path + "/cards", "do", "add"),
        NoticeAction.KeepPlan => (Path + "/uncancel", "undo", notice.Code == NoticeCode.ChangeScheduled ? "change" : "cancellation"),
        _ => null,
    };

    /// <summary>
    /// Returns the upgrade URL if the notice reports a used-up quota; null otherwise. Without a URL of the app: the plans of the portal.
    /// </summary>
    public string? MoreOf(Notice notice) =>
        notice is not { Code: NoticeCode.QuotaReached, Severity: NoticeSeverity.Critical, Feature: { } feature } ? null
        : CanChoosePlan && Project.Catalog.Document.UpgradeUrl == "/pricing" ? Path + "/plans"
        : UpgradeLink.OnPage(Project, Customer, feature, Plan.Plan.Code);

    /// <summary>The effect of a cancellation, which the page shows before the confirmation.</summary>
    public string WhenCanceled => Subscription is not { } some ? ""
        : some.Status == SubscriptionStatus.Paused ? $"{some.Terms.Plan.Plan.Name} ends at once, because it is paused."
        : $"You keep {some.Terms.Plan.Plan.Name} until {Words.Day(some.Current.End, Project)}; then it ends. "
            + "You can undo the cancellation until then.";

    /// <summary>
    /// Returns the effect of the removal of a card, which the page shows before the confirmation; null: Tollgate charges another card, or
    /// nothing.
    /// </summary>
    public string? WhenRemoved(PaymentMethod method) =>
        Methods is [var only] && only.Id == method.Id
            && Subscription is { CancelAt: null, ManagedBy: null,
                Status: SubscriptionStatus.Active or SubscriptionStatus.PastDue or SubscriptionStatus.Trialing }
            ? "This is your only card. Without a card you have to pay each invoice yourself."
            : null;

    public bool CanCancel =>
        Subscription is { CancelAt: null } some && SubscriptionTransitions.After(some.Status, SubscriptionVerb.ScheduleCancel) is not null;

    public string Every => Words.Every(Subscription?.Terms.Interval ?? PriceInterval.Monthly);

    public string StatusWord => Subscription?.Status switch
    {
        SubscriptionStatus.Trialing => "Trial",
        SubscriptionStatus.PastDue => "Payment failed",
        SubscriptionStatus.Paused => "Paused",
        _ => Subscription?.CancelAt is null ? "Active" : "Ends",
    };

    public string StatusTone =>
        Subscription switch { { Status: SubscriptionStatus.PastDue } => "bad",
            { CancelAt: null, Status: SubscriptionStatus.Active } => "good", _ => "" };

    /// <summary>The next event of the subscription, with its date.</summary>
    public string Comes => Subscription switch
    {
        null => "",
        { CancelAt: { } end, Status: SubscriptionStatus.PastDue } => $"Ends on {Words.Day(end, Project)}.",
        { CancelAt: { } end } => $"Ends on {Words.Day(end, Project)}. Nothing changes until then.",
        { Status: SubscriptionStatus.Paused } => "You are not charged while the subscription is paused.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end, ConvertsTrial: false, ManagedBy: not null } =>
            $"Free until {Words.Day(end, Project)}. Add a card to keep the plan after that.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end, ConvertsTrial: false } =>
            $"The trial ends on {Words.Day(end, Project)}, and you are not charged.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end } => $"Free until {Words.Day(end, Project)}.",
        { Scheduled: { } next } some => $"Changes to {next.Plan.Plan.Name} on {Words.Day(some.Current.End, Project)}.",
        { } some => $"Renews on {Words.Day(some.Current.End, Project)}.",
    };

    public static string WordOf(InvoiceStatus status) => status switch
    {
        InvoiceStatus.Paid =>
            "Paid", InvoiceStatus.Open => "Open", InvoiceStatus.Void => "Void", InvoiceStatus.Uncollectible => "Not paid", _ => "Draft",
    };

    public static string ToneOf(InvoiceStatus status) =>
        status switch { InvoiceStatus.Paid => "good", InvoiceStatus.Open or InvoiceStatus.Uncollectible => "bad", _ => "" };
}
