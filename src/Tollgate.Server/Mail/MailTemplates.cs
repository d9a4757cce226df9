using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Mail;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Mail;

/// <summary>What each kind of mail says. Words are English; amounts and dates are written as on the project's invoices.</summary>
/// <param name="sender">In whose name.</param>
internal sealed class MailTemplates(ProjectSnapshot project, InvoiceSettings sender)
{
    private readonly InvoiceLocale _locale = InvoiceLocale.Of(sender.Language);

    public string Sender => sender.Seller.Name;

    public const string Language = "en";

    /// <param name="pay">Where an invoice that could not be collected is paid; null: nowhere.</param>
    public MailLetter Write(MailRow mail, Uri? pay)
    {
        var data = mail.Data;
        return mail.Type switch
        {
            MailType.Receipt => Receipt(data, mail.At),
            MailType.PaymentFailed => PaymentFailed(data, pay),
            MailType.TrialEnding => TrialEnding(data),
            MailType.QuotaThreshold => QuotaThreshold(data),
            MailType.PlanChanged => PlanChanged(data),
            _ => Canceled(data),
        };
    }

    private MailLetter Receipt(JsonElement data, Instant at) => new(
        $"Receipt for invoice {Text(data, "number")}",
        "Thank you for your payment",
        [$"We have received {Amount(data, "amount")}. Invoice {Text(data, "number")} is paid."],
        [("Invoice", Text(data, "number")), ("Amount", Amount(data, "amount")), ("Paid on", _locale.Date(at, project.Zone))]);

    private MailLetter PaymentFailed(JsonElement data, Uri? pay)
    {
        var (next, endsPlan) = (Time(data, "next_at"), data.GetProperty("ends_plan").GetBoolean());
        var why = Text(data, "failure") switch
        {
            "insufficient_funds" => "your bank said that there was not enough money on the account",
            "authentication_required" => "your bank wants you to confirm the payment",
            "payment_method_missing" => "we have no payment method of you",
            _ => "your bank declined it",
        };
        string[] said = next is { } at
            ?
            [
                $"We tried to collect {Amount(data, "amount")} for invoice {Text(data, "number")}, but {why}.",
                $"You keep your plan for now. We will try again on {_locale.Date(at, project.Zone)}. To settle it before that, pay the invoice or add another payment method.",
            ]
            :
            [
                $"We tried to collect {Amount(data, "amount")} for invoice {Text(data, "number")} once more, but {why}. That was our last attempt.",
                endsPlan ? "Your plan has ended, and you are on the default plan now. You can still pay the invoice." : "You can still pay the invoice.",
            ];
        return new(
            endsPlan ? $"Your plan has ended: invoice {Text(data, "number")} was not paid" : $"Your payment for invoice {Text(data, "number")} did not go through",
            endsPlan ? "Your plan has ended" : "Your payment did not go through",
            said,
            [
                ("Invoice", Text(data, "number")), ("Amount due", Amount(data, "amount")),
                .. next is { } day ? new[] { ("Next attempt", _locale.Date(day, project.Zone)) } : [],
            ],
            pay is null ? null : ("Pay the invoice", pay));
    }

    private MailLetter TrialEnding(JsonElement data)
    {
        var (plan, ends) = (PlanOf(data, "plan"), _locale.Date(Time(data, "ends_at")!.Value, project.Zone));
        return new(
            $"Your trial of {plan} ends on {ends}",
            $"Your trial ends on {ends}",
            [
                data.GetProperty("converts").GetBoolean()
                    ? $"After that {plan} goes on for {Price(data)}. There is nothing you have to do. If you do not want that, cancel before."
                    : $"After that you are on the default plan. To keep {plan}, subscribe to it for {Price(data)}.",
            ],
            [("Plan", plan), ("Price", Price(data)), ("Trial ends", ends)]);
    }

    private MailLetter QuotaThreshold(JsonElement data)
    {
        var feature = project.Catalog.Document.Features.FirstOrDefault(one => one.Code == Text(data, "feature"))?.Name ?? Text(data, "feature");
        var (percent, used, granted) = (data.GetProperty("percent").GetInt32(), Number(data, "used"), Number(data, "granted"));
        return new(
            $"You have used {percent}{"\u00A0"}% of {feature}",
            percent >= 100 ? $"You have used all of {feature}" : $"You have used {percent}{"\u00A0"}% of {feature}",
            [
                percent >= 100
                    ? $"Of the {granted} that your plan includes for this period, {used} are used. What you can do beyond that depends on your plan; a larger one has more."
                    : $"Of the {granted} that your plan includes for this period, {used} are used.",
            ],
            [("Used", $"{used} of {granted}")],
            Progress: percent);
    }

    private MailLetter PlanChanged(JsonElement data) => new(
        $"Your plan is {PlanOf(data, "plan")} now",
        $"Your plan is {PlanOf(data, "plan")} now",
        [$"Until now it was {PlanOf(data, "from")}. What the new plan includes can be used at once."],
        [("Plan", PlanOf(data, "plan")), ("Price", Price(data))]);

    private MailLetter Canceled(JsonElement data)
    {
        var (plan, ends, isOver) = (PlanOf(data, "plan"), _locale.Date(Time(data, "ends_at")!.Value, project.Zone), data.GetProperty("is_over").GetBoolean());
        return new(
            isOver ? $"{plan} has ended" : $"{plan} ends on {ends}",
            isOver ? $"{plan} has ended" : $"{plan} ends on {ends}",
            [
                isOver
                    ? $"Your subscription to {plan} is canceled, and you are on the default plan now."
                    : $"Your subscription to {plan} is canceled. You keep the plan until {ends}, and nothing more is charged for it after that. You can take the cancellation back until then.",
            ],
            [("Plan", plan), (isOver ? "Ended" : "Ends", ends)]);
    }

    private string PlanOf(JsonElement data, string member) =>
        project.Catalog.Document.Plans.FirstOrDefault(one => one.Code == Text(data, member))?.Name ?? Text(data, member);

    private string Price(JsonElement data) => $"{Amount(data, "amount")} {(Text(data, "interval") switch { "weekly" => "a week", "yearly" => "a year", _ => "a month" })}";

    private string Amount(JsonElement data, string member) => _locale.Amount(new(data.GetProperty(member).GetInt64(), Currency.Of(Text(data, "currency"))));

    private string Number(JsonElement data, string member) => _locale.Number(Quantity.Of(data.GetProperty(member).GetDecimal()));

    private static string Text(JsonElement data, string member) => data.GetProperty(member).GetString()!;

    private static Instant? Time(JsonElement data, string member) => data.TryGetProperty(member, out var at) && at.ValueKind == JsonValueKind.String
        ? Instant.From(DateTimeOffset.Parse(at.GetString()!, CultureInfo.InvariantCulture))
        : null;
}
