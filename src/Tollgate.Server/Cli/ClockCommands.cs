using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Contracts.Clocks;
using Tollgate.Contracts.Http;
using Tollgate.Server.Billing;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate clock show|advance</c>: the test clock of a sandbox project.</summary>
internal static partial class ClockCommands
{
    private const string Path = "/v1/test-clock";

    public static Command Build() => ServerDoor.Group("clock", "The test clock of a sandbox project.", Show(), Advance());

    private static Command Show()
    {
        var json = Lists.JsonOption();
        var command = new Command("show", "Shows the project's time.\n\nExample:\n  tollgate clock show --project shop-test") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var text = await door.TextAsync(HttpMethod.Get, Path, null, cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(JsonElement.Parse(text));
                return ExitCode.Done;
            }

            var clock = Read(text);
            Console.WriteLine(
                $"{BillingCommands.TimeText(clock.Now)} "
                    + $"({(clock.IsFrozen ? "it is frozen" : "nobody has moved it: it follows the database's clock")})");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Advance()
    {
        var to = new Argument<string>("to")
        {
            Description = "A time (2027-01-31T00:00:00Z, 2027-01-31) or a distance: +12h, +30d, +2w, +1mo, +1y.",
        };
        var json = Lists.JsonOption();
        var command = new Command(
            "advance",
            "Moves the clock forward, month by month. Everything that is due until then happens in order.\n\n"
            + "Examples:\n  tollgate clock advance +30d --project shop-test\n  tollgate clock advance +12mo --project shop-test\n"
            + "  tollgate clock advance 2027-01-31T00:00:00Z --project shop-test")
        {
            to, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var from = Read(await door.TextAsync(HttpMethod.Get, Path, null, cancel)).Now;
            var target = TargetOf(parsed.GetRequiredValue(to), from);
            var arrived = await CliScreen.WithBarAsync(
                BillingCommands.TimeText(from), progress => StopsAsync(door, from, target, progress, cancel));
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(JsonSerializer.SerializeToElement(arrived, WireJson.Default.TestClockView));
            }
            else
            {
                Console.WriteLine(
                    $"The clock is at {BillingCommands.TimeText(arrived.Now)}. {BillingCommands.Summary(arrived.Processed!)}.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Makes one call for each month: none takes long, and finished months stay done if one fails.</summary>
    private static async Task<TestClockView> StopsAsync(
        ServerDoor door, DateTimeOffset from, DateTimeOffset to, Action<BarPart> progress, CancellationToken cancel)
    {
        var clock = new TestClockView(from, true, BillingCommands.Nothing);
        foreach (var stop in StopsOf(from, to))
        {
            try
            {
                var body = new JsonObject { ["advance_to"] = BillingCommands.TimeText(stop) };
                var answer = (await door.SendAsync(HttpMethod.Post, Path, body, cancel)).Deserialize(WireJson.Default.TestClockView)!;
                clock = answer with { Processed = BillingCommands.Sum(clock.Processed!, answer.Processed ?? BillingCommands.Nothing) };
            }
            catch (CliStopException e) when (clock.Now > from)
            {
                throw new CliStopException(
                    e.ExitCode,
                    $"{e.Message}\nThe clock has reached {BillingCommands.TimeText(clock.Now)}; \"tollgate clock advance "
                        + $"{BillingCommands.TimeText(to)}\" continues.");
            }

            if (stop != to)
            {
                progress(new(
                    $"{BillingCommands.TimeText(clock.Now)} {BillingCommands.Summary(clock.Processed!)}", (clock.Now - from).TotalHours,
                    (to - from).TotalHours));
            }
        }

        return clock;
    }

    /// <summary>Returns one stop per month, on the same day if the month has it, and then the target.</summary>
    private static IEnumerable<DateTimeOffset> StopsOf(DateTimeOffset from, DateTimeOffset to)
    {
        for (var month = 1; from.AddMonths(month) < to; month++)
        {
            yield return from.AddMonths(month);
        }

        yield return to;
    }

    /// <exception cref="CliStopException">It is not a time, or farther away than one call may go.</exception>
    private static DateTimeOffset TargetOf(string text, DateTimeOffset now)
    {
        DateTimeOffset? target = Distance().Match(text) is { Success: true } distance
            ? After(now, int.Parse(distance.Groups["number"].ValueSpan, CultureInfo.InvariantCulture), distance.Groups["unit"].Value)
            : UtcInstant.TryParse(text, out var time) ? time
            : DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
            ? day
            : throw new CliStopException(
                ExitCode.Usage,
                $"\"{text}\" is neither a time such as 2027-01-31T00:00:00Z or 2027-01-31, nor a distance such as +12h, +30d, +2w, "
                    + "+1mo or +1y.");
        return target <= now + TestClockEndpoints.Farthest
            ? target.Value
            : throw new CliStopException(
                ExitCode.Usage,
                $"\"{text}\" is too far: at most ten years at once, to {BillingCommands.TimeText(now + TestClockEndpoints.Farthest)}.");
    }

    /// <summary>Null: beyond the end of the calendar.</summary>
    private static DateTimeOffset? After(DateTimeOffset now, int number, string unit)
    {
        try
        {
            return unit switch
            {
                "h" => now.AddHours(number),
                "d" => now.AddDays(number),
                "w" => now.AddDays(7 * number),
                "mo" => now.AddMonths(number),
                _ => now.AddYears(number),
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static TestClockView Read(string text) => JsonSerializer.Deserialize(text, WireJson.Default.TestClockView)!;

    [GeneratedRegex(@"^\+(?<number>[0-9]{1,6})(?<unit>h|d|w|mo|y)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Distance();
}
