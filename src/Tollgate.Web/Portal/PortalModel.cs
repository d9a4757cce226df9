using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Notices;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Portal;

/// <summary>The plan that a customer has, and what it comes from.</summary>
/// <param name="IsDefault">It is the plan of everybody who has no other.</param>
/// <param name="IsOwners">The customer is a member, and uses the plan of its owner.</param>
/// <param name="Newest">The newest subscription, which may be over; null: the customer never had one.</param>
/// <param name="Vat">Of the VAT id; null: the customer is not known.</param>
public sealed record PortalPlan(Plan Plan, bool IsDefault, bool IsOwners, Subscription? Newest, VatStatus? Vat);

/// <summary>The customer's plan, cards and invoices, as the portal shows them.</summary>
/// <param name="Invoices">Newest first.</param>
/// <param name="Notices">What matters most first.</param>
/// <param name="HasPayPage">Invoices can be paid on a page. False: only outside of Tollgate.</param>
/// <param name="CanAddCard">Tollgate's own pages save a card.</param>
/// <param name="Next">What the next moment asks for; null: nothing, or it is a provider that knows.</param>
/// <param name="Prices">What the renewals ask for.</param>
public sealed record PortalModel(
    string Path, ProjectSnapshot Project, string Customer, string? ReturnUrl, PortalPlan Plan, IReadOnlyList<Invoice> Invoices,
    IReadOnlyList<PaymentMethod> Methods,
    IReadOnlyList<Notice> Notices, bool HasPayPage, bool CanAddCard, Invoice? Next, IReadOnlyList<ComingPrice> Prices)
{
    /// <summary>The one that is not over; null: none.</summary>
    public Subscription? Subscription => Plan.Newest is { IsEnded: false } live ? live : null;

    /// <summary>
    /// The subscription that the customer pays for gives this plan. False: the plan was set, or the subscription gives none while it is
    /// paused.
    /// </summary>
    private bool IsPaidFor => Subscription is { GivesPlan: true } some && some.Terms.Plan.Code == Plan.Plan.Code;

    /// <summary>Where the plan comes from, if not from the running subscription; null: from it.</summary>
    public string? Origin => this switch
    {
        { Plan.IsOwners: true } => "You share this plan. Its owner pays for it.",
        { IsPaidFor: true } => null,
        { Subscription: { Status: SubscriptionStatus.Paused } paused } => $"Your subscription to {paused.Terms.Plan.Plan.Name} is paused.",
        { Subscription: { GivesPlan: false } waiting } =>
            $"Your subscription to {waiting.Terms.Plan.Plan.Name} waits for its first payment.",
        { Subscription: { } other } =>
            $"{Project.Name} set this plan for you. You also have a subscription to {other.Terms.Plan.Plan.Name}.",
        { Plan: { Newest: { EndedAt: { } ended } over } } =>
            $"Your subscription to {over.Terms.Plan.Plan.Name} ended on {Words.Day(ended, Project)}.{(Plan.IsDefault ? "" : $" {SetForYou}")}",
        { Plan.IsDefault: true } => "You have no subscription.",
        _ => SetForYou,
    };

    private string SetForYou => $"{Project.Name} set this plan for you. You have no subscription to it.";

    /// <summary>What the subscription costs before discounts of its prices; null: the same.</summary>
    public MoneyAmount? Listed => Subscription is { Terms: var terms } && terms.Listed != terms.Amount ? terms.Listed : null;

    /// <summary>What is charged, where that is not just the plan's price; null: it is.</summary>
    public string? Pays => Subscription is not { } some ? null
        : some.ManagedBy is { } provider ? $"{ProviderNames.TitleOf(provider)} charges it, with its taxes and discounts."
        : string.Join(' ', new[] { Usage, Renewals(some), Parts }.OfType<string>()) is { Length: > 0 } text ? text : null;

    /// <summary>A month of usage inside of a longer period, or what is left to bill at the end.</summary>
    private string? Usage => Next is { Total.IsZero: false, IssuedAt: { } at } && !IsRenewal
        ? $"You pay {Words.Of(Next.Total)} for usage on {Words.Day(at, Project)}."
        : null;

    private bool IsRenewal => Prices.Count > 0 && Next?.Kind is InvoiceKind.Start or InvoiceKind.Renewal or InvoiceKind.Change;

    private string? Renewals(Subscription some) => Prices is [var only] && only.Total == some.Terms.Amount && some.Scheduled is null
        ? null
        : Words.Coming(Prices, (some.Scheduled ?? some.Terms).Interval, "next", Project) is { } prices ? $"You pay {prices}." : null;

    /// <summary>Why the next invoice asks for something else than the plan costs.</summary>
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

    /// <summary>What is to be known of the tax on the next invoices; null: nothing.</summary>
    public string? TaxNote => Plan.Vat switch
    {
        VatStatus.Pending => "The register of the European Union (VIES) has not confirmed your VAT id yet.",
        VatStatus.Invalid => "The register of the European Union (VIES) does not know your VAT id, so it takes no tax off your invoices.",
        _ => null,
    };

    /// <summary>How to pay, where no page takes money; null: on a page, or nothing is open.</summary>
    public string? HowToPay => HasPayPage || !Invoices.Any(static invoice => !invoice.Payable.IsZero)
        ? null
        : $"Ask {Project.Name} if an invoice does not say how to pay it.";

    public bool IsSandbox => Project.Mode == ProjectMode.Sandbox;

    public static string ToneOf(NoticeSeverity severity) =>
        severity switch { NoticeSeverity.Critical => "bad", NoticeSeverity.Warning => "note", _ => "" };

    /// <summary>The button's name for screen readers, which do not show what it stands beside.</summary>
    public static string LabelOf(Notice notice) =>
        notice.Invoice is { } invoice ? $"{notice.Action?.Words} of invoice {invoice.Number}" : notice.Action?.Words ?? "";

    /// <summary>Where the button of a notice leads, and what it sends; null: this page does not do that.</summary>
    public (string To, string Name, string Value)? FormOf(Notice notice) => notice.Action?.Do switch
    {
        NoticeAction.PayInvoice when HasPayPage => (Path + "/pay", "invoice", notice.Invoice!.Id.ToString("D")),
        NoticeAction.AddPaymentMethod when CanAddCard => (Path + "/cards", "do", "add"),
        NoticeAction.KeepPlan => (Path + "/uncancel", "undo", notice.Code == NoticeCode.ChangeScheduled ? "change" : "cancellation"),
        _ => null,
    };

    /// <summary>Where more of a feature is sold, if the notice tells that all of it is used; null: it does not.</summary>
    public string? MoreOf(Notice notice) =>
        notice is { Code: NoticeCode.QuotaReached, Severity: NoticeSeverity.Critical, Feature: { } feature }
        ? Project.Catalog.Document.UpgradeUrl.Replace("{customer}", Uri.EscapeDataString(Customer), StringComparison.Ordinal)
            .Replace("{feature}", feature, StringComparison.Ordinal).Replace("{plan}", Plan.Plan.Code, StringComparison.Ordinal)
        : null;

    /// <summary>What a cancellation would do, to be read before it is confirmed.</summary>
    public string WhenCanceled => Subscription is not { } some ? ""
        : some.Status == SubscriptionStatus.Paused ? $"{some.Terms.Plan.Plan.Name} ends at once, because it is paused."
        : $"You keep {some.Terms.Plan.Plan.Name} until {Words.Day(some.Current.End, Project)}; then it ends. "
            + "Until that day you can take the cancellation back.";

    /// <summary>
    /// What it would mean that a card is gone, to be read before it is removed; null: another one is charged, or nothing will be.
    /// </summary>
    public string? WhenRemoved(PaymentMethod method) =>
        Methods is [var only] && only.Id == method.Id
            && Subscription is { CancelAt: null, ManagedBy: null,
                Status: SubscriptionStatus.Active or SubscriptionStatus.PastDue or SubscriptionStatus.Trialing }
            ? "It is your only card. Without one nothing is charged automatically, and you pay each invoice yourself."
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

    /// <summary>What comes next, and when.</summary>
    public string Comes => Subscription switch
    {
        null => "",
        { CancelAt: { } end, Status: SubscriptionStatus.PastDue } => $"Ends on {Words.Day(end, Project)}.",
        { CancelAt: { } end } => $"Ends on {Words.Day(end, Project)}. Until then nothing changes.",
        { Status: SubscriptionStatus.Paused } => "Nothing is charged while it is paused.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end, ConvertsTrial: false, ManagedBy: not null } =>
            $"Free until {Words.Day(end, Project)}. After that a card is needed.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end, ConvertsTrial: false } =>
            $"The trial ends on {Words.Day(end, Project)}, and nothing is charged.",
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
