using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Money;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate billing run|parked|unpark|late</c>: due work in a project, parked subscriptions, and late usage.</summary>
internal static class BillingCommands
{
    /// <summary>The number of subscriptions per call: a second or two of work on a small machine.</summary>
    private const int Part = 2_000;

    public static readonly BillingReportView Nothing = new(0, 0, 0, 0, 0, 0, 0, 0);

    public static Command Build() => ServerDoor.Group(
        "billing", "Due work of a project, parked subscriptions, and late usage.", Run(), Parked(), Unpark(), Late());

    private static Command Run()
    {
        var dry = new Option<bool>("--dry-run") { Description = "Only show the due work and its totals. Changes nothing." };
        var json = Lists.JsonOption();
        var command = new Command(
            "run",
            "Runs the due work in parts: trials end, periods renew, Tollgate invoices usage. The server also does this automatically, "
                + "so a repeat finds nothing. If you stop the command, "
            + "the finished part stays.\n\n"
            + "Examples:\n  tollgate billing run --dry-run --project shop\n  tollgate billing run --project shop")
        {
            dry, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var view = parsed.GetValue(dry)
                ? Read(await CliScreen.WaitAsync(
                    door.TextAsync(HttpMethod.Post, "/v1/billing/run?dry_run=true", null, cancel), "computing"))
                : await CliScreen.WithBarAsync("billing", progress => RunInPartsAsync(door, progress, cancel));
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(JsonSerializer.SerializeToElement(view, WireJson.Default.BillingRunView));
            }
            else if (view.Due is not null)
            {
                ShowDue(view);
            }
            else
            {
                Console.WriteLine(
                    $"{Summary(view.Processed)}.{(view.Remaining > 0 ? $" Still due: {view.Remaining}." : "")}{(view.Processed.Parked > 0 ? " \"tollgate billing parked\" says why." : "")}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>
    /// Makes one call for each part: none takes long, and finished parts stay done if one fails or the operator stops the command. Servers
    /// process the same subscriptions automatically, so the rest may shrink by more than this command has done.
    /// </summary>
    private static async Task<BillingRunView> RunInPartsAsync(ServerDoor door, Action<BarPart> progress, CancellationToken cancel)
    {
        var (sum, all) = (Nothing, 0L);
        while (true)
        {
            BillingRunView part;
            try
            {
                part = Read(await door.TextAsync(HttpMethod.Post, $"/v1/billing/run?limit={Part}", null, cancel));
            }
            catch (CliStopException e) when (sum != Nothing)
            {
                throw new CliStopException(
                    e.ExitCode, $"{e.Message}\n{Summary(sum)}. The rest stays due; \"tollgate billing run\" continues.");
            }

            sum = Sum(sum, part.Processed);
            all = Math.Max(all, part.Remaining + HandledOf(sum));
            if (part.Remaining == 0 || HandledOf(part.Processed) == 0)
            {
                return part with { Processed = sum };
            }

            progress(new(
                string.Create(CultureInfo.InvariantCulture, $"{all - part.Remaining} of {all} {Summary(sum)}"), all - part.Remaining, all));
        }
    }

    private static int HandledOf(BillingReportView report) =>
        report.Renewals + report.TrialsConverted + report.TrialsExpired + report.Canceled + report.Resumed + report.UsageBilled
            + report.Parked;

    private static BillingRunView Read(string text) => JsonSerializer.Deserialize(text, WireJson.Default.BillingRunView)!;

    private static void ShowDue(BillingRunView view)
    {
        var (due, remaining) = (view.Due!, view.Remaining);
        if (due.Count == 0)
        {
            Console.WriteLine("Nothing is due.");
            return;
        }

        Lists.Print(
            [.. JsonSerializer.SerializeToElement(view, WireJson.Default.BillingRunView).GetProperty("due").EnumerateArray()],
            false, "customer", "subscription", "type", "at", "total", "parked");
        var sums = due.Where(static item => item is { Parked: null, Total: not null, Currency: not null })
            .GroupBy(static item => item.Currency!)
            .Select(static group => new MoneyAmount(group.Sum(static item => item.Total!.Value), Currency.Of(group.Key)).ToString())
            .Order(StringComparer.Ordinal)
            .ToList();
        var parked = due.Count(static item => item.Parked is not null);
        Console.WriteLine(
            $"Due: {due.Count}{(remaining > due.Count ? $" of {remaining}, the earliest" : "")}. To invoice: {(sums.Count == 0 ? "nothing" : string.Join(", ", sums))}."
            + $"{(parked > 0 ? $" To park: {parked}." : "")}");
    }

    private static Command Parked()
    {
        var json = Lists.JsonOption();
        var command = new Command(
            "parked",
            "Lists subscriptions whose next invoice is implausible, with the reason. Tollgate bills nothing until you have unparked "
                + "them.\n\n"
            + "Example:\n  tollgate billing parked --project shop")
        {
            json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var list = await door.GetAsync("/v1/billing/parked?limit=100", cancel);
            var rows = list.GetProperty("data").EnumerateArray().ToList();
            if (rows.Count == 0 && !parsed.GetValue(json))
            {
                Console.WriteLine("Nothing is parked.");
                return ExitCode.Done;
            }

            Lists.Print(rows, parsed.GetValue(json), "id", "customer", "due_at", "parked_at", "reason");
            if (list.GetProperty("has_more").GetBoolean())
            {
                await Console.Error.WriteLineAsync($"There are more; these are the {rows.Count} oldest.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Unpark()
    {
        var json = Lists.JsonOption();
        var id = new Argument<string>("subscription") { Description = "The subscription's id, from \"tollgate billing parked\"." };
        var command = new Command(
            "unpark",
            "Unparks a subscription: the next run computes its invoice again. Correct the cause first.\n\n"
            + "Example:\n  tollgate billing unpark sub_42 --project shop")
        {
            id, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var subscription = parsed.GetRequiredValue(id);
            var path = $"/v1/subscriptions/{Uri.EscapeDataString(subscription)}";
            var before = await door.GetAsync(path, cancel);
            if (before.GetProperty("parked_reason").ValueKind == JsonValueKind.Null)
            {
                Lists.Say(
                    $"{subscription} is not parked.", new() { ["subscription"] = subscription, ["unparked"] = false },
                    parsed.GetValue(json));
                return ExitCode.Done;
            }

            await door.SendAsync(HttpMethod.Post, path + "/unpark", (JsonNode?)null, cancel);
            Lists.Say(
                $"The next run computes the invoice of {subscription} again.",
                new() { ["subscription"] = subscription, ["unparked"] = true }, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Late()
    {
        var json = Lists.JsonOption();
        var command = new Command(
            "late",
            "Lists usage that arrived after its period was invoiced and was not billed (late_events: ignore_and_report), "
                + "the newest period first, with its "
            + "price.\n\nExample:\n  tollgate billing late --project shop")
        {
            json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var rows = await Lists.ReadAllAsync(door, "/v1/billing/late-usage", "id", cancel);
            if (rows.Count == 0 && !parsed.GetValue(json))
            {
                Console.WriteLine("There is no late usage.");
                return ExitCode.Done;
            }

            Lists.Print(rows, parsed.GetValue(json), "customer", "feature", "period_start", "period_end", "quantity", "amount");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Summarises the work in words: <c>Done: 13 invoices, 12 renewals</c>.</summary>
    public static string Summary(BillingReportView report)
    {
        var parts = new (int Number, string One, string Many)[]
        {
            (report.Invoices, "invoice", "invoices"), (report.Renewals, "renewal", "renewals"),
            (report.TrialsConverted, "trial paid", "trials paid"),
            (report.TrialsExpired, "trial expired", "trials expired"), (report.Canceled, "cancellation", "cancellations"),
            (report.Resumed, "resumed", "resumed"),
            (report.UsageBilled, "month of usage", "months of usage"), (report.Collected, "charge", "charges"),
            (report.CollectingFailed, "failed charge", "failed charges"),
            (report.Parked, "parked", "parked"), (report.SchedulesParked, "grant schedule parked", "grant schedules parked"),
        };
        var counts = parts.Where(static part => part.Number > 0)
            .Select(static part =>
                string.Create(CultureInfo.InvariantCulture, $"{part.Number} {(part.Number == 1 ? part.One : part.Many)}"))
            .ToList();
        return counts.Count == 0 ? "Nothing was due" : "Done: " + string.Join(", ", counts);
    }

    public static BillingReportView Sum(BillingReportView a, BillingReportView b) => new(
        a.Invoices + b.Invoices, a.Renewals + b.Renewals, a.TrialsConverted + b.TrialsConverted, a.TrialsExpired + b.TrialsExpired,
        a.Canceled + b.Canceled,
        a.Resumed + b.Resumed, a.UsageBilled + b.UsageBilled, a.Parked + b.Parked)
    {
        Collected = a.Collected + b.Collected, CollectingFailed = a.CollectingFailed + b.CollectingFailed,
        SchedulesParked = a.SchedulesParked + b.SchedulesParked,
    };

    public static string TimeText(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
