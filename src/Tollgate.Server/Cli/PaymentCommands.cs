using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate payments list|show|charge|refund</c> and <c>tollgate disputes list</c>.</summary>
internal static class PaymentCommands
{
    private const string Path = "/v1/payments";

    private static readonly string[] Columns = [
        "id", "customer", "invoice", "provider", "amount", "amount_refunded", "status", "failure", "dispute", "created_at"];

    public static Command Build() => ServerDoor.Group("payments", "Payments and refunds.", List(), Show(), Charge(), Refund());

    public static Command Disputes() => ServerDoor.Group(
        "disputes", "Payments that a customer's bank disputes.",
        Lists.Command(
            "/v1/disputes", "id", "Lists disputes, newest first.\n\nExample:\n  tollgate disputes list --status open --project shop",
            ["id", "customer", "payment", "amount", "status", "reason", "opened_at"],
            Lists.CustomerOption(), new("--status") { HelpName = "status", Description = "open, won or lost. Default: all." },
            new("--payment") { HelpName = "id", Description = "Only disputes of this payment." }));

    private static Command List() => Lists.Command(
        Path, "id", "Lists payments, newest first.\n\nExample:\n  tollgate payments list --customer acme --status failed --project shop",
        Columns,
        Lists.CustomerOption(),
        new("--status") { HelpName = "status", Description = "pending, requires_action, succeeded or failed. Default: all." });

    private static Command Show() => Lists.ShowCommand(
        "Shows a payment with its refunds.\n\nExample:\n  tollgate payments show 01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11 --project shop",
        Payment(), static id => $"{Path}/{id}");

    private static Command Charge()
    {
        var (invoice, json) = (InvoiceCommands.Invoice(), Lists.JsonOption());
        var command = new Command(
            "charge",
            "Charges an invoice to its customer's payment method, and prints the result. The exit code is 1 if the charge did not "
                + "succeed.\n\n"
            + "Example:\n  tollgate payments charge SHOP-000042 --project shop")
        {
            invoice, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var id = await InvoiceCommands.IdOfAsync(door, parsed.GetRequiredValue(invoice), cancel);
            var made = await door.SendAsync(HttpMethod.Post, Path, new JsonObject { ["invoice"] = id }, cancel);
            Print(made, parsed.GetValue(json));
            return made.GetProperty("status").GetString() == "failed" ? ExitCode.Refused : ExitCode.Done;
        });
        return command;
    }

    private static Command Refund()
    {
        var (payment, json) = (Payment(), Lists.JsonOption());
        var amount = new Option<string>("--amount")
        {
            HelpName = "amount", Description = "In major units: 50 or 49.90. Default: the whole remainder.",
        };
        var reason = new Option<string>("--reason") { HelpName = "text", Description = "Reason on the credit note." };
        var command = new Command(
            "refund",
            "Refunds a payment to the payment method that paid.\n\nExamples:\n  tollgate payments refund "
                + "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11 --project shop\n"
            + "  tollgate payments refund 01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11 --amount 9 --reason \"Two days of outage\" --project shop")
        {
            payment, amount, reason, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var path = Lists.Of(Path, parsed.GetRequiredValue(payment));
            var body = new JsonObject { ["reason"] = parsed.GetValue(reason) };
            if (parsed.GetValue(amount) is { } text)
            {
                var code = (await door.GetAsync(path, cancel)).GetProperty("currency").GetString()!;
                body["amount"] = CreditCommands.MoneyOf(text, code).Minor;
            }

            Print(await door.SendAsync(HttpMethod.Post, path + "/refunds", body, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(JsonElement payment, bool asJson)
    {
        if (asJson)
        {
            ServerDoor.Print(payment);
        }
        else
        {
            Lists.Print([payment], false, Columns);
        }
    }

    private static Argument<string> Payment() => new("payment") { Description = "The payment's id, from \"tollgate payments list\"." };
}
