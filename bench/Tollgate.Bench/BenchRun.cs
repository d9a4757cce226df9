using System.Reflection;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench;

/// <summary>
/// The whole run: 1. tools; 2. the server with an empty data folder; 3. the machine's description; 4. each scenario, followed by the check
/// that nothing was counted wrong; 5. <c>tollgate verify</c>; 6. the table. At its end, even after a failure, every process and file that
/// it made is gone.
/// </summary>
internal sealed class BenchRun(BenchOptions options, CancellationToken cancel)
{
    private readonly List<Figure> _figures = [];
    private readonly List<string> _notes = [];

    public async Task<int> RunAsync()
    {
        var chosen = Choose();
        var tools = await Tools.PrepareAsync(Workbench.Tell, cancel);
        using var bench = new Workbench(options, tools);
        var loadBefore = Machine.Load();
        await using var session = await Session.StartAsync(bench, cancel);
        var machine = await Machine.DescribeAsync(tools, await PostgresVersionAsync(session), bench.Folder, cancel);

        await session.WarmServerAsync();
        var wrong = await MeasureAsync(session, chosen);
        var report = new Report.Report(
            DateTimeOffset.UtcNow, Version(), options.Quick, options.Rounds, options.RoundSeconds, machine, loadBefore, Machine.Load(),
            _figures, _notes);
        Console.WriteLine(report.Text());
        if (options.Results != "none")
        {
            Workbench.Tell("Written to " + await report.WriteAsync(options.Results ?? Path.Combine(Workbench.Repository, "bench/results")));
        }

        return wrong ? 1 : 0;
    }

    private List<Scenario> Choose()
    {
        _figures.AddRange(Scenario.Later.Where(options.Scenarios.Contains)
            .Select(code => Figure.NotMeasured(code, "see QUALITY", "what it measures does not exist yet")));
        var unknown = options.Scenarios.Except([.. Scenario.All.Select(scenario => scenario.Code), .. Scenario.Later]).ToList();
        return unknown.Count > 0 ? throw new WrongArgument($"there is no {string.Join(", ", unknown)}; --list shows what there is")
            : [.. Scenario.All.Where(scenario => options.Scenarios.Count == 0 || options.Scenarios.Contains(scenario.Code))];
    }

    /// <summary>A scenario that cannot be measured becomes a line with the reason; the others are still measured.</summary>
    private async Task<bool> MeasureAsync(Session session, List<Scenario> chosen)
    {
        var wrong = false;
        foreach (var scenario in chosen)
        {
            Workbench.Tell($"{scenario.Code} {scenario.Title}");
            try
            {
                _figures.AddRange(await scenario.MeasureAsync(session));
            }
            catch (Exception fault) when (fault is BenchFault or Npgsql.NpgsqlException or HttpRequestException)
            {
                wrong = true;
                Workbench.Tell("  " + fault.Message);
                _figures.Add(Figure.NotMeasured(scenario.Code, scenario.Title, fault.Message.ReplaceLineEndings(" ")));
                _notes.Add($"{scenario.Code}: {fault.Message.ReplaceLineEndings(" ")}");
            }
        }

        try
        {
            _notes.Add("After the run: " + await session.Books.CheckAsync(cancel));
            _notes.Add(await session.Books.VerifyAsync(cancel));
        }
        catch (BenchFault fault)
        {
            wrong = true;
            _notes.Add(fault.Message);
        }

        return wrong;
    }

    private async Task<string> PostgresVersionAsync(Session session)
    {
        await using var connection = await session.Server.Postgres.OpenAsync("postgres", cancel);
        return await PeersDatabase.ScalarAsync<string>(connection, "SELECT current_setting('server_version')", cancel);
    }

    private static string Version() =>
        typeof(BenchRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
