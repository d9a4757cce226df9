using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Ledger;
using Tollgate.Core;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Verification;
using Tollgate.Server.Ledger;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate verify</c>: recomputes the ledger from its facts. Exit code 0: clean; 1: contradictions; 3: no server answers. It asks the
/// running server; with <c>--database</c> it reads the database itself, also while no server runs.
/// </summary>
internal static class VerifyCommand
{
    private static readonly Option<bool> Json = Lists.JsonOption();

    private static readonly Option<string> Database = new("--database")
    {
        HelpName = "url",
        Description =
            "Read this PostgreSQL directly instead of asking a server. Prefer the server: flags are visible to every user of the machine.",
    };

    public static Command Build()
    {
        var command = ServerDoor.Talking(
            new Command(
                "verify",
                "Recomputes balances from events and reservations, and compares them. Changes nothing.\n\nExample:\n  tollgate verify "
                    + "--project shop")
                {
                    Json, Database,
                });
        command.SetAction(async (parsed, cancel) =>
        {
            var report = parsed.GetValue(Database) is { } url
                ? await CliScreen.WithBarAsync("checking", progress => ReadAsync(url, progress, cancel))
                : await CliScreen.WaitAsync(AskAsync(parsed, cancel), "checking");
            return Print(report, parsed.GetValue(Json));
        });
        return command;
    }

    private static async Task<VerifiedView> AskAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var door = ServerDoor.Open(parsed, Environment.GetEnvironmentVariable);
        var text = await door.TextAsync(HttpMethod.Post, "/v1/verify", null, cancel);
        return JsonSerializer.Deserialize(text, WireJson.Default.VerifiedView)!;
    }

    private static async Task<VerifiedView> ReadAsync(string url, Action<BarPart> progress, CancellationToken cancel)
    {
        try
        {
            await using var database = new Engine.Postgres.Database(DatabaseUrl.ToConnectionString(url), new DatabaseOptions());
            var (started, done) = (Stopwatch.GetTimestamp(), 0);
            var report = await VerifyLedger.RunAsync(
                database, null, check => progress(new($"checking {check}", done++, VerifyLedger.Steps)), cancel);
            return VerifyEndpoints.ViewOf(report, Stopwatch.GetElapsedTime(started));
        }
        catch (NpgsqlException lost) when (lost is not PostgresException)
        {
            throw new CliStopException(ExitCode.Unreachable, $"The database cannot be reached: {lost.Message}");
        }
    }

    private static int Print(VerifiedView report, bool json)
    {
        if (json)
        {
            Console.WriteLine(PlainJson.Text(report, WireJson.Default.VerifiedView));
            return report.Clean ? ExitCode.Done : ExitCode.Refused;
        }

        foreach (var check in report.Checks.Where(check => check.Count > 0))
        {
            Console.WriteLine($"{(check.Break ? "BREAK" : "note")} {check.Kind}: {check.Count} × {check.Meaning}");
            foreach (var place in check.First)
            {
                Console.WriteLine(
                    $"  {place.Project ?? "?"} / {place.Customer ?? "?"} / {place.Feature ?? "?"} / {place.Place}: "
                        + $"expected {place.Expected}, found {place.Found}");
            }
        }

        Console.WriteLine(
            $"{(report.Clean ? "clean" : "NOT CLEAN")}: {Count(report.Events, "event")}, {Count(report.Balances, "balance")}, "
                + $"{Count(report.Reservations, "reservation")} checked in "
            + report.Seconds.ToString(CultureInfo.InvariantCulture) + " s");
        return report.Clean ? ExitCode.Done : ExitCode.Refused;
    }

    private static string Count(long number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
