using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Notices;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Projects;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Portal;

/// <summary>What a customer sees of what is theirs.</summary>
/// <param name="Subscription">The one that is not over; null: none.</param>
/// <param name="Invoices">Newest first.</param>
/// <param name="Notices">What matters most first.</param>
public sealed record PortalModel(
    string Path, ProjectSnapshot Project, string? ReturnUrl, Subscription? Subscription, IReadOnlyList<Invoice> Invoices, IReadOnlyList<PaymentMethod> Methods,
    IReadOnlyList<Notice> Notices)
{
    public bool IsSandbox => Project.Mode == ProjectMode.Sandbox;

    public bool CanAddCard => Project.Payments.Provider == PaymentProvider.Sandbox;

    public static string ToneOf(NoticeSeverity severity) => severity switch { NoticeSeverity.Critical => "bad", NoticeSeverity.Warning => "note", _ => "" };

    /// <summary>What the button of a notice says to who does not see what it stands beside.</summary>
    public static string LabelOf(Notice notice) => notice.Invoice is { } invoice ? $"{notice.Action?.Words} of invoice {invoice.Number}" : notice.Action?.Words ?? "";

    /// <summary>Where the button of a notice leads, and what it sends; null: what it does is not done on this page.</summary>
    public (string To, string Name, string Value)? FormOf(Notice notice) => notice.Action?.Do switch
    {
        NoticeAction.PayInvoice => (Path + "/pay", "invoice", notice.Invoice!.Id.ToString("D")),
        NoticeAction.AddPaymentMethod when CanAddCard => (Path + "/cards", "do", "add"),
        NoticeAction.KeepPlan => (Path + "/uncancel", "keep", "plan"),
        _ => null,
    };

    public string DefaultPlan => Project.Catalog.DefaultPlan.Plan.Name;

    public bool CanCancel => Subscription is { CancelAt: null } some && SubscriptionTransitions.After(some.Status, SubscriptionVerb.ScheduleCancel) is not null;

    public string Every => Subscription?.Terms.Interval switch { PriceInterval.Weekly => "a week", PriceInterval.Yearly => "a year", _ => "a month" };

    public string StatusWord => Subscription?.Status switch
    {
        SubscriptionStatus.Trialing => "Trial",
        SubscriptionStatus.PastDue => "Payment failed",
        SubscriptionStatus.Paused => "Paused",
        _ => Subscription?.CancelAt is null ? "Active" : "Ends",
    };

    public string StatusTone => Subscription switch { { Status: SubscriptionStatus.PastDue } => "bad", { CancelAt: null, Status: SubscriptionStatus.Active } => "good", _ => "" };

    /// <summary>What comes next, and when.</summary>
    public string Comes => Subscription switch
    {
        null => "",
        { CancelAt: { } end, Status: SubscriptionStatus.PastDue } => $"Ends on {Words.Day(end, Project)}.",
        { CancelAt: { } end } => $"Ends on {Words.Day(end, Project)}. Until then nothing changes.",
        { Status: SubscriptionStatus.Paused } => "Nothing is charged while it is paused.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end, ConvertsTrial: false, DrivenBy: not null } => $"Free until {Words.Day(end, Project)}. After that a card is needed.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end, ConvertsTrial: false } => $"The trial ends on {Words.Day(end, Project)}, and nothing is charged.",
        { Status: SubscriptionStatus.Trialing, TrialEnd: { } end } => $"Free until {Words.Day(end, Project)}.",
        { Scheduled: { } next } some => $"Changes to {next.Plan.Plan.Name} on {Words.Day(some.Current.End, Project)}.",
        { } some => $"Renews on {Words.Day(some.Current.End, Project)}.",
    };

    public static string WordOf(InvoiceStatus status) => status switch
    {
        InvoiceStatus.Paid => "Paid", InvoiceStatus.Open => "Open", InvoiceStatus.Void => "Void", InvoiceStatus.Uncollectible => "Not paid", _ => "Draft",
    };

    public static string ToneOf(InvoiceStatus status) => status switch { InvoiceStatus.Paid => "good", InvoiceStatus.Open or InvoiceStatus.Uncollectible => "bad", _ => "" };
}
