using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate invoices list|show|pdf|void</c>. The commands accept an invoice's id or number.</summary>
internal static class InvoiceCommands
{
    private const string Path = "/v1/invoices";

    public static Command Build() => ServerDoor.Group("invoices", "Invoices of a project.", List(), Show(), Pdf(), Void());

    public static Argument<string> Invoice() =>
        new("invoice") { Description = "The invoice's number or id, from \"tollgate invoices list\"." };

    /// <exception cref="CliStopException">No invoice has the number.</exception>
    public static async Task<string> IdOfAsync(ServerDoor door, string invoice, CancellationToken cancel)
    {
        if (Guid.TryParse(invoice, out _))
        {
            return invoice;
        }

        var (found, _) = await Lists.ReadPageAsync(door, $"{Path}?number={Uri.EscapeDataString(invoice)}", cancel);
        return found is [var one, ..]
            ? one.GetProperty("id").GetString()!
            : throw new CliStopException(
                ExitCode.Refused, $"No invoice has the number '{invoice}'. \"tollgate invoices list\" shows numbers and ids.");
    }

    private static Command List() => Lists.Command(
        Path, "id",
        "Lists invoices, newest first.\n\nExamples:\n  tollgate invoices list --customer acme --project shop\n  tollgate invoices list "
            + "--status open --all --json --project shop",
        ["number", "customer", "kind", "status", "issued_at", "total", "amount_due", "id"],
        Lists.CustomerOption(), new("--status") { HelpName = "status", Description = "open, paid, void or uncollectible. Default: all." },
        new("--subscription") { HelpName = "id", Description = "Only invoices of this subscription." });

    private static Command Show()
    {
        var (invoice, json) = (Invoice(), Lists.JsonOption());
        var command = new Command(
            "show", "Shows an invoice with its lines.\n\nExample:\n  tollgate invoices show SHOP-000042 --project shop") { invoice, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            Lists.PrintOne(
                await door.GetAsync(Lists.Of(Path, await IdOfAsync(door, parsed.GetRequiredValue(invoice), cancel)), cancel),
                parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Void()
    {
        var (invoice, json) = (Invoice(), Lists.JsonOption());
        var note = new Option<string>("--note") { HelpName = "text", Description = "The reason, for the invoice's history." };
        var command = new Command(
            "void",
            "Voids an invoice that nobody has paid.\n\nExample:\n  tollgate invoices void SHOP-000042 --note \"Ordered twice\" --project "
                + "shop")
            {
                invoice, note, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var path = Lists.Of(Path, await IdOfAsync(door, parsed.GetRequiredValue(invoice), cancel)) + "/void";
            Lists.PrintOne(
                await door.SendAsync(HttpMethod.Post, path, new JsonObject { ["note"] = parsed.GetValue(note) }, cancel),
                parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Pdf()
    {
        var (invoice, json) = (Invoice(), Lists.JsonOption());
        var output = new Option<string>("--output", "-o")
        {
            HelpName = "file", Description = "File to write; it must not exist. Default: the invoice's number in this folder.",
        };
        var command = new Command("pdf", "Saves an invoice as PDF.\n\nExample:\n  tollgate invoices pdf SHOP-000042 --project shop")
        {
            invoice, output, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, Lists.Of(Path, await IdOfAsync(door, parsed.GetRequiredValue(invoice), cancel)) + ".pdf");
            using var answer = await door.SendAsync(request, cancel);
            var file = parsed.GetValue(output) ?? answer.Content.Headers.ContentDisposition?.FileName?.Trim('"') ?? "invoice.pdf";
            await SaveAsync(answer.Content, file, cancel);
            Lists.Say($"Written to {file}.", new() { ["file"] = file }, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <exception cref="CliStopException">The file exists, or cannot be written.</exception>
    private static async Task SaveAsync(HttpContent content, string file, CancellationToken cancel)
    {
        if (File.Exists(file))
        {
            throw new CliStopException(ExitCode.Refused, $"{file} already exists. Name another file with --output.");
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
}
