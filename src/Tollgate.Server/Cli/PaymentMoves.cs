using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core.Money;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate payments ls|charge|refund</c>.</summary>
internal static class PaymentMoves
{
    private const string Path = "/v1/payments";

    private static readonly string[] Columns = ["id", "customer", "invoice", "provider", "amount", "refunded", "status", "failure", "dispute", "created_at"];

    public static Command List()
    {
        var customer = new Option<string>("--customer") { HelpName = "id", Description = "Only this customer's." };
        var status = new Option<string>("--status") { HelpName = "status", Description = "pending, requires_action, succeeded or failed. Default: all." };
        var json = ServerDoor.JsonOption();
        var command = new Command("ls", "Lists the newest hundred payments.\n\nExample:\n  tollgate payments ls --customer acme --status failed --project shop") { customer, status, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var filters = Filter("customer", parsed.GetValue(customer)) + Filter("status", parsed.GetValue(status));
            var page = await door.GetAsync($"{Path}?limit=100{filters}", cancel);
            var (rows, asJson) = (page.GetProperty("data").EnumerateArray().ToList(), parsed.GetValue(json));
            Lists.Print(asJson ? rows : [.. rows.Select(RowOf)], asJson, Columns);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command Charge()
    {
        var invoice = new Argument<string>("invoice") { Description = "The invoice's id, from \"tollgate invoices list\"." };
        var command = new Command(
            "charge",
            "Charges an invoice to its customer's payment method, and says how that ended. The exit code is 1 when no money came.\n\n"
            + "Example:\n  tollgate payments charge 01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88 --project shop")
        {
            invoice,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var made = await door.SendAsync(HttpMethod.Post, Path, new JsonObject { ["invoice"] = parsed.GetRequiredValue(invoice) }, cancel);
            Lists.Print([RowOf(made)], false, Columns);
            return made.GetProperty("status").GetString() == "failed" ? ExitCode.Refused : ExitCode.Done;
        });
        return command;
    }

    public static Command Refund()
    {
        var payment = new Argument<string>("payment") { Description = "The payment's id, from \"tollgate payments ls\"." };
        var amount = new Option<string>("--amount") { HelpName = "amount", Description = "In major units: 50 or 49.90. Default: all that is left." };
        var reason = new Option<string>("--reason") { HelpName = "text", Description = "Stands on the credit note." };
        var command = new Command(
            "refund",
            "Sends money of a payment back to where it came from.\n\nExamples:\n  tollgate payments refund 01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11 --project shop\n"
            + "  tollgate payments refund 01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11 --amount 9 --reason \"Two days of outage\" --project shop")
        {
            payment, amount, reason,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var path = $"{Path}/{Uri.EscapeDataString(parsed.GetRequiredValue(payment))}";
            var body = new JsonObject { ["reason"] = parsed.GetValue(reason) };
            if (parsed.GetValue(amount) is { } text)
            {
                var code = (await door.GetAsync(path, cancel)).GetProperty("currency").GetString()!;
                body["amount"] = CreditCommands.MoneyOf(text, code).Minor;
            }

            Lists.Print([RowOf(await door.SendAsync(HttpMethod.Post, path + "/refunds", body, cancel))], false, Columns);
            return ExitCode.Done;
        });
        return command;
    }

    private static string Filter(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    private static JsonElement RowOf(JsonElement payment)
    {
        var currency = Currency.Of(payment.GetProperty("currency").GetString()!);
        var row = new JsonObject { ["amount"] = Amount("amount"), ["refunded"] = Amount("amount_refunded") };
        foreach (var column in Columns.Where(column => !row.ContainsKey(column)))
        {
            row[column] = payment.GetProperty(column).GetString();
        }

        return JsonSerializer.SerializeToElement(row);

        string Amount(string member) => new MoneyAmount(payment.GetProperty(member).GetInt64(), currency).ToString();
    }
}
