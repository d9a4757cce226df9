using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core.Money;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate invoices list|pdf</c>; <c>ls</c> is <c>list</c>.</summary>
internal static class InvoiceCommands
{
    private const string Path = "/v1/invoices";

    /// <summary>Shown without <c>--all</c>: the newest page.</summary>
    private const int Newest = 100;

    public static Command Build() => ServerDoor.Group("invoices", "Invoices of a project.", List(), Pdf());

    private static Command List()
    {
        var customer = new Option<string>("--customer") { HelpName = "id", Description = "Only this customer's." };
        var status = new Option<string>("--status") { HelpName = "status", Description = "open, paid, void or uncollectible. Default: all." };
        var all = new Option<bool>("--all") { Description = $"All of them. Default: the newest {Newest}." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command(
            "list",
            "Lists invoices, newest first.\n\nExamples:\n  tollgate invoices list --customer acme --project shop\n"
            + "  tollgate invoices list --status open --all --json --project shop")
        {
            customer, status, all, json,
        };
        command.Aliases.Add("ls");
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var filters = FilterText(("customer", parsed.GetValue(customer)), ("status", parsed.GetValue(status)));
            var (rows, hasMore) = parsed.GetValue(all)
                ? (await Lists.ReadAllAsync(door, Path, "id", cancel, filters), false)
                : await NewestAsync(door, filters, cancel);
            Print(rows, parsed.GetValue(json));
            if (hasMore)
            {
                await Console.Error.WriteLineAsync($"There are more; these are the newest {rows.Count}. --all lists the others too.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Pdf()
    {
        var id = new Argument<string>("invoice") { Description = "The invoice's id, from \"tollgate invoices list\"." };
        var output = new Option<string>("--output", "-o") { HelpName = "file", Description = "Where to write it. Default: the invoice's number in this folder. A file that exists is not replaced." };
        var command = new Command("pdf", "Saves an invoice as PDF.\n\nExample:\n  tollgate invoices pdf 01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88 --project shop") { id, output };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Path}/{Uri.EscapeDataString(parsed.GetValue(id)!)}.pdf");
            using var answer = await door.SendAsync(request, cancel);
            var file = parsed.GetValue(output) ?? answer.Content.Headers.ContentDisposition?.FileName?.Trim('"') ?? "invoice.pdf";
            await SaveAsync(answer.Content, file, cancel);
            Console.WriteLine($"Written to {file}.");
            return ExitCode.Done;
        });
        return command;
    }

    /// <exception cref="CliStopException">The file exists, or cannot be written.</exception>
    private static async Task SaveAsync(HttpContent content, string file, CancellationToken cancel)
    {
        if (File.Exists(file))
        {
            throw new CliStopException(ExitCode.Refused, $"{file} exists already. Name another file with --output.");
        }

        try
        {
            await using var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
            await content.CopyToAsync(target, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliStopException(ExitCode.Refused, $"{file} cannot be written: {e.Message}");
        }
    }

    private static string FilterText(params (string Name, string? Value)[] filters) =>
        string.Concat(filters.Where(filter => filter.Value is not null).Select(filter => $"&{filter.Name}={Uri.EscapeDataString(filter.Value!)}"));

    private static async Task<(IReadOnlyList<JsonElement> Rows, bool HasMore)> NewestAsync(ServerDoor door, string filters, CancellationToken cancel)
    {
        var page = await door.GetAsync($"{Path}?limit={Newest}{filters}", cancel);
        return ([.. page.GetProperty("data").EnumerateArray()], page.GetProperty("has_more").GetBoolean());
    }

    private static void Print(IReadOnlyList<JsonElement> rows, bool asJson)
    {
        if (asJson)
        {
            ServerDoor.Print(JsonSerializer.SerializeToElement(rows));
        }
        else if (rows.Count == 0)
        {
            Console.WriteLine("There are no such invoices.");
        }
        else
        {
            Lists.Print([.. rows.Select(RowOf)], false, "number", "customer", "kind", "status", "issued_at", "total", "due", "id");
        }
    }

    private static JsonElement RowOf(JsonElement invoice)
    {
        var currency = Currency.Of(invoice.GetProperty("currency").GetString()!);
        return JsonSerializer.SerializeToElement(new JsonObject
        {
            ["number"] = invoice.GetProperty("number").GetString(),
            ["customer"] = invoice.GetProperty("customer").GetString(),
            ["kind"] = invoice.GetProperty("kind").GetString(),
            ["status"] = invoice.GetProperty("status").GetString(),
            ["issued_at"] = invoice.GetProperty("issued_at").GetString(),
            ["total"] = Amount("total"),
            ["due"] = Amount("amount_due"),
            ["id"] = invoice.GetProperty("id").GetString(),
        });

        string Amount(string member) => new MoneyAmount(invoice.GetProperty(member).GetInt64(), currency).ToString();
    }
}
