using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Mail;
using Tollgate.Core.Money;
using Tollgate.Core.Reports;
using Tollgate.Core.Time;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Mail;

/// <summary>The facts that Tollgate reads when it sends a mail, in addition to the mail's own data.</summary>
/// <param name="Pay">The page on which the customer pays an uncollected invoice; null: none.</param>
/// <param name="Upgrade">The page with larger plans; null: the mail is not about usage.</param>
/// <param name="ResetsAt">The time at which the quota resets; null: never, or the mail is not about usage.</param>
internal sealed record MailNow(Uri? Pay, Uri? Upgrade, Instant? ResetsAt)
{
    public static readonly MailNow Nothing = new(null, null, null);
}

/// <summary>
/// The content of each kind of mail, in the language of the project's invoices, with the same notation of amounts and dates.
/// </summary>
/// <param name="sender">The settings of the seller, whose name the mail uses.</param>
internal sealed class MailTemplates(ProjectSnapshot project, InvoiceSettings sender)
{
    /// <summary>Percent.</summary>
    private const int AllOfIt = 100;

    private readonly InvoiceLocale _locale = InvoiceLocale.Of(sender.Language);

    public string Sender => sender.Seller.Name;

    /// <summary>BCP 47.</summary>
    public string Language => _locale.Tag;

    public MailWords Words { get; } = MailWords.Of(InvoiceLocale.Of(sender.Language).Tag);

    private string DefaultPlan => project.Catalog.DefaultPlan.Plan.Name;

    public MailLetter Write(MailRow mail, MailNow now)
    {
        var (data, pay) = (mail.Data, now.Pay);
        return mail.Type switch
        {
            MailType.Receipt => Receipt(data, mail.At),
            MailType.PaymentFailed when IsTrue(data, "ends_plan") => EndedUnpaid(data, mail.At, pay),
            MailType.PaymentFailed => PaymentFailed(data, pay),
            MailType.TrialEnding => TrialEnding(data),
            MailType.QuotaThreshold => QuotaThreshold(data, now),
            MailType.PlanChanged => PlanChanged(data),
            MailType.Alert => Alert(data),
            MailType.Report => Report(data),
            _ => Canceled(data),
        };
    }

    private MailLetter Receipt(JsonElement data, Instant at) => new(
        Say(Words.ReceiptSubject, Text(data, "number")),
        Words.ReceiptHeading,
        [Say(Words.ReceiptText, Amount(data, "amount"), Text(data, "number"))],
        [(Words.Invoice, Text(data, "number")), (Words.Amount, Amount(data, "amount")), (Words.PaidOn, _locale.Date(at, project.Zone))]);

    private MailLetter PaymentFailed(JsonElement data, Uri? pay)
    {
        var (number, due) = (Text(data, "number"), Amount(data, "amount"));
        var next = Time(data, "next_at") is { } at ? _locale.Date(at, project.Zone) : null;
        var keeps = next is not null && PlanOrNull(data, "plan") is { } plan ? Say(Words.PlanKept, plan) + " " : "";
        return new(
            Say(Words.FailedSubject, number),
            Words.FailedHeading,
            [
                Say(next is null ? Words.LastAttemptText : Words.FailedText, due, number, Why(data)),
                next is null ? Words.StillPayable : keeps + Say(Words.TriedAgain, next),
            ],
            [(Words.Invoice, number), (Words.AmountDue, due),
                .. next is null ? Array.Empty<(string, string)>() : [(Words.NextAttempt, next)]],
            pay is null ? null : (Words.PayButton, pay));
    }

    private MailLetter EndedUnpaid(JsonElement data, Instant at, Uri? pay)
    {
        // Mails from an earlier version of Tollgate name no plan.
        var (number, due, plan, day) =
            (Text(data, "number"), Amount(data, "amount"), PlanOrNull(data, "plan") ?? Words.Plan, _locale.Date(at, project.Zone));
        return new(
            Say(Words.EndedUnpaidSubject, plan, number),
            Say(Words.OverSubject, plan),
            [
                Say(Words.LastAttemptText, due, number, Why(data)),
                Say(Words.EndedUnpaidText, plan, day, DefaultPlan),
                Say(IsTrue(data, "waits") ? Words.PayingGivesItBack : Words.SubscribeAnew, plan),
            ],
            [(Words.Ended, day), (Words.PlanNow, DefaultPlan), (Words.Invoice, number), (Words.AmountDue, due)],
            pay is null ? null : (Words.PayButton, pay));
    }

    private MailLetter TrialEnding(JsonElement data)
    {
        var (plan, price, ends) = (PlanOf(data, "plan"), Price(data), _locale.Date(Time(data, "ends_at")!.Value, project.Zone));
        var (subject, isCanceled) = (Say(Words.TrialSubject, plan, ends), IsTrue(data, "canceled"));
        var comes = isCanceled
            ? Say(Words.TrialCanceled, plan, DefaultPlan)
            : Say(IsTrue(data, "converts") ? Words.TrialConverts : IsTrue(data, "managed") ? Words.TrialNeedsMethod : Words.TrialIsOver,
                plan, price, DefaultPlan);
        return new(
            subject, subject, [comes],
            [(Words.Plan, plan), .. isCanceled ? Array.Empty<(string, string)>() : [(Words.Price, price)], (Words.TrialEnds, ends)]);
    }

    private MailLetter QuotaThreshold(JsonElement data, MailNow now)
    {
        var feature = project.Catalog.Document.Features.FirstOrDefault(one => one.Code == Text(data, "feature"));
        var (name, percent, isMoney) =
            (feature?.Name ?? Text(data, "feature"), data.GetProperty("percent").GetInt32(), feature?.IsMoney == true);
        var (used, granted) = (Number(data, "used", isMoney), Number(data, "granted", isMoney));
        var subject = percent == AllOfIt ? Say(Words.AllUsedSubject, name) : Say(Words.ThresholdSubject, name, _locale.Rate(new(percent)));
        return new(
            subject,
            subject,
            [Say(Words.UsedText, used, granted), .. percent >= AllOfIt ? new[] { Words.BeyondText } : []],
            [(Words.Used, Say(Words.UsedOf, used, granted)),
                .. now.ResetsAt is { } at ? new[] { (Words.ResetsOn, _locale.Date(at, project.Zone)) } : []],
            now.Upgrade is null ? null : (Words.UpgradeButton, now.Upgrade),
            percent);
    }

    private MailLetter PlanChanged(JsonElement data)
    {
        var subject = Say(Words.ChangedSubject, PlanOf(data, "plan"));
        return new(
            subject, subject, [Say(Words.ChangedText, PlanOf(data, "plan"), PlanOf(data, "from"))],
            [(Words.Plan, PlanOf(data, "plan")), (Words.Price, Price(data))]);
    }

    private MailLetter Canceled(JsonElement data)
    {
        var (plan, ends, isOver) =
            (PlanOf(data, "plan"), _locale.Date(Time(data, "ends_at")!.Value, project.Zone), IsTrue(data, "is_over"));
        var subject = isOver ? Say(Words.OverSubject, plan) : Say(Words.EndsSubject, plan, ends);
        return new(
            subject,
            subject,
            [isOver ? Say(Words.OverText, plan, DefaultPlan) : Say(Words.EndsText, plan, ends)],
            [(Words.Plan, plan), (isOver ? Words.Ended : Words.Ends, ends)]);
    }

    /// <summary>An operator's mail is in English, as all of the operator's interface is.</summary>
    private static MailLetter Alert(JsonElement data)
    {
        var recommendation = data.GetProperty("recommendation");
        return new(
            $"[{Text(data, "severity")}] {Text(data, "title")}", Text(data, "title"),
            recommendation.ValueKind == JsonValueKind.String
                ? [Text(data, "detail"), recommendation.GetString()!]
                : [Text(data, "detail")],
            []);
    }

    /// <summary>In English, as those of <see cref="Alert"/>.</summary>
    private MailLetter Report(JsonElement data)
    {
        var (from, to) = (Day(data, "from"), Day(data, "to"));
        var days = _locale.Days(Core.Analytics.ReportSpan.Of(from, to, project.Zone).Time, project.Zone);
        var title = ReportScheduleRules.TitleOf(CatalogWords.Read<ReportKind>(Text(data, "kind")));
        (string, string)[] facts = [("Project", project.Name), ("Days", days)];
        return new(
            $"{title}: {days}", title, ["The report is attached."],
            data.GetProperty("customer").GetString() is { } customer ? [.. facts, ("Customer", customer)] : facts);

        static DateOnly Day(JsonElement data, string member) =>
            DateOnly.ParseExact(Text(data, member), "yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    private string Why(JsonElement data) => Text(data, "failure") switch
    {
        "insufficient_funds" => Words.TooLittleMoney,
        "authentication_required" => Words.WantsConfirmation,
        "payment_method_missing" => Words.NoMethod,
        _ => Words.Declined,
    };

    private string? PlanOrNull(JsonElement data, string member) =>
        data.TryGetProperty(member, out var plan) && plan.ValueKind == JsonValueKind.String ? PlanOf(data, member) : null;

    private string PlanOf(JsonElement data, string member) =>
        project.Catalog.Document.Plans.FirstOrDefault(one => one.Code == Text(data, member))?.Name ?? Text(data, member);

    private string Price(JsonElement data) =>
        Say(Text(data, "interval") switch { "weekly" => Words.AWeek, "yearly" => Words.AYear, _ => Words.AMonth }, Amount(data, "amount"));

    private string Amount(JsonElement data, string member) =>
        _locale.Amount(new(data.GetProperty(member).GetInt64(), Currency.Of(Text(data, "currency"))));

    /// <summary>Features that are money are dollars.</summary>
    private string Number(JsonElement data, string member, bool isMoney)
    {
        var number = data.GetProperty(member).GetDecimal();
        return isMoney ? _locale.Amount(new ExactMoney(number, Currency.Usd).Rounded()) : _locale.Number(Quantity.Of(number));
    }

    private static string Say(string words, params ReadOnlySpan<string> values) =>
        string.Format(CultureInfo.InvariantCulture, words, [.. values]);

    private static string Text(JsonElement data, string member) => data.GetProperty(member).GetString()!;

    private static bool IsTrue(JsonElement data, string member) =>
        data.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.True;

    private static Instant? Time(JsonElement data, string member) =>
        data.TryGetProperty(member, out var at) && at.ValueKind == JsonValueKind.String
        ? Instant.From(DateTimeOffset.Parse(at.GetString()!, CultureInfo.InvariantCulture))
        : null;
}
