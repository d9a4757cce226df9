using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Npgsql;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;
using Tollgate.Core.Customers;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// Every report of the OpenAPI document, on a project of 24 months and on one whose customers all came this month, side by side on one
/// server. Both have the same customers, and all of them use it now: the ratio is the cost of history.
/// </summary>
internal static class S16Analytics
{
    private const int EarlierMonths = 23;

    private const double MostMilliseconds = 150;

    private const double MostRatio = 1.2;

    /// <summary>The tags whose operations are reports.</summary>
    private static readonly HashSet<string> Tags = ["Analytics", "Costs", "Reports"];

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        await using var server = await TollgateServer.StartAsync(session.Bench, "analytics", session.Cancel);
        var customers = session.Options.Quick ? 10_000 : 100_000;
        var now = DateTimeOffset.UtcNow;
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var laden = await SideAsync(session, server, "laden", customers, month.AddMonths(-EarlierMonths));
        var young = await SideAsync(session, server, "young", customers, month);
        await using (var connection = await server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel))
        {
            await PeersDatabase.ExecuteAsync(connection, "VACUUM ANALYZE", session.Cancel);
            await PeersDatabase.ExecuteAsync(connection, "CHECKPOINT", session.Cancel);
        }

        // The server's snapshot of accounts is older than the rows.
        await server.RestartAsync(session.Cancel);
        var computed = await ComputedAsync(session, server, [laden, young]);
        var figures = new List<Figure>();
        foreach (var path in await PathsAsync(server, session.Cancel))
        {
            figures.Add(await CompareAsync(session, server, laden, young, path));
        }

        var books = new Books(server, hardCaps: false);
        books.Loaded(laden.Events + young.Events);
        Workbench.Tell("  checked: " + await books.CheckAsync(session.Cancel));
        return
        [
            Figure.Context("S16", "events behind the reports", laden.Events, "",
                $"{customers:N0} customers in {EarlierMonths + 1} months; the other project {young.Events:N0}, "
                    + "the same customers in this month"),
            Figure.Context("S16", "months of adoption, first computation in the background, s", computed, "s"),
            .. figures,
        ];
    }

    private static async Task<Side> SideAsync(Session session, TollgateServer server, string code, int customers, DateTimeOffset start)
    {
        var watch = Stopwatch.StartNew();
        var project = await BenchProject.CreateAsync(server, code, session.Cancel, script: "analytics");
        await using var connection = await server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel);
        var id = await PeersDatabase.ScalarAsync<int>(connection, $"SELECT id FROM projects WHERE code = '{code}'", session.Cancel);
        var before = await PeersDatabase.ScalarAsync<long>(connection, "SELECT count(*) FROM events", session.Cancel);
        await AddCustomersAsync(connection, id, customers, start, session.Cancel);
        var script = await File.ReadAllTextAsync(Path.Combine(session.Bench.Scripts, "analytics.sql"), session.Cancel);
        foreach (var statement in script.Split(";\n\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await PeersDatabase.ExecuteAsync(
                connection,
                statement.Replace("{project}", $"{id}", StringComparison.Ordinal)
                    .Replace("{start}", $"{start:O}", StringComparison.Ordinal),
                session.Cancel);
        }

        var events = await PeersDatabase.ScalarAsync<long>(connection, "SELECT count(*) FROM events", session.Cancel) - before;
        Workbench.Tell($"  {code}: {customers:N0} customers, {events:N0} events in {watch.Elapsed.TotalSeconds:0} s");
        return new(id, project.Key, events);
    }

    private static async Task AddCustomersAsync(
        NpgsqlConnection connection, int project, int customers, DateTimeOffset start, CancellationToken cancel)
    {
        var first = await PeersDatabase.ScalarAsync<int>(connection, "SELECT coalesce(max(account), 0) + 1 FROM customers", cancel);
        var span = DateTimeOffset.UtcNow - start;
        await PeersDatabase.ExecuteAsync(connection,
            "CREATE TEMP TABLE people (partition smallint, account integer, n integer, id text, country text, joined timestamptz)", cancel);
        await using (var copy = await connection.BeginTextImportAsync("COPY people FROM STDIN", cancel))
        {
            for (var n = 1; n <= customers; n++)
            {
                var (id, joined) = ($"c{n:000000}", start + span * ((double)(n - 1) / customers));
                var country = (n % 4) switch { 0 => "US", 1 => "EG", 2 => "DE", _ => "\\N" };
                var at = joined.ToString("O", CultureInfo.InvariantCulture);
                await copy.WriteAsync($"{CustomerPlace.PartitionOf(project, id)}\t{first + n}\t{n}\t{id}\t{country}\t{at}\n");
            }
        }

        await PeersDatabase.ExecuteAsync(connection,
            $"""
            INSERT INTO customers (partition, account, project_id, id, country, created_at)
            SELECT partition, account, {project}, id, country, joined FROM people ORDER BY account
            """, cancel);
        await PeersDatabase.ExecuteAsync(connection, $"SELECT setval('account_numbers', {first + customers})", cancel);
        await PeersDatabase.ExecuteAsync(connection, "ANALYZE people", cancel);
    }

    /// <summary>Waits until the server has computed what it computes in the background.</summary>
    private static async Task<double> ComputedAsync(Session session, TollgateServer server, IReadOnlyList<Side> sides)
    {
        await using var connection = await server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel);
        var projects = string.Join(", ", sides.Select(static side => side.Project));
        var due = $"""
            SELECT {sides.Count} - (SELECT count(*) FROM feature_month_runs WHERE project_id IN ({projects}))
                 + (SELECT count(*) FROM (SELECT FROM revenue_queue WHERE project_id IN ({projects}) LIMIT 1) q)
            """;
        var watch = Stopwatch.StartNew();
        while (await PeersDatabase.ScalarAsync<long>(connection, due, session.Cancel) > 0)
        {
            if (watch.Elapsed > TimeSpan.FromHours(1))
            {
                throw new BenchFault("The months of adoption and the sums of revenue were not computed in an hour.");
            }

            await Task.Delay(500, session.Cancel);
        }

        return await PeersDatabase.ScalarAsync<double>(
            connection, $"SELECT extract(epoch FROM took)::float8 FROM feature_month_runs WHERE project_id = {sides[0].Project}",
            session.Cancel);
    }

    /// <summary>The reports of the document, each way of grouping on its own; exports as CSV return the same figures.</summary>
    private static async Task<IReadOnlyList<string>> PathsAsync(TollgateServer server, CancellationToken cancel)
    {
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), cancel));
        var paths = new List<string>();
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            if (!path.Name.EndsWith(".csv", StringComparison.Ordinal) && path.Value.TryGetProperty("get", out var operation)
                && operation.TryGetProperty("tags", out var tags) && tags.EnumerateArray().Any(tag => Tags.Contains(tag.GetString()!)))
            {
                paths.AddRange(WaysOf(path.Name.Replace("{id}", "c000003", StringComparison.Ordinal), operation));
            }
        }

        return paths;
    }

    private static IEnumerable<string> WaysOf(string path, JsonElement operation)
    {
        var groups = operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Where(one => one.TryGetProperty("name", out var name) && name.GetString() == "group_by")
                .SelectMany(one => one.GetProperty("schema").TryGetProperty("enum", out var words) ? words.EnumerateArray() : default)
                .Select(word => $"{path}?group_by={word.GetString()}").ToList()
            : [];
        return groups.Count > 0 ? groups : [path];
    }

    /// <summary>A B A B …, one request at a time.</summary>
    private static async Task<Figure> CompareAsync(Session session, TollgateServer server, Side laden, Side young, string path)
    {
        var (a, b) = (new List<double>(), new List<double>());
        var rounds = session.Options.Quick ? 9 : 21;
        for (var round = -3; round < rounds; round++)
        {
            foreach (var (side, times) in new[] { (laden, a), (young, b) })
            {
                var (status, took) = await TimeAsync(server, side, path, session.Cancel);
                if (status is not (>= 200 and < 300))
                {
                    return Figure.NotMeasured("S16", path, $"answered {status}");
                }

                if (round >= 0)
                {
                    times.Add(took);
                }
            }
        }

        var (history, month) = (Spread.Of(a), Spread.Of(b));
        var ratio = history.Median / month.Median;
        var isFlat = ratio <= MostRatio || history.Median - month.Median < 2;
        Workbench.Tell(string.Create(CultureInfo.InvariantCulture,
            $"  {path,-60} {history.Median,8:0.0} ms, p95 {P95(a),8:0.0} | {month.Median,8:0.0} ms | ratio {ratio:0.00}"));
        return new("S16", path + ", ms", history, MostMilliseconds, null, Better.Lower, "ms", string.Create(CultureInfo.InvariantCulture,
            $"p95 {P95(a):0.0}; with one month {month.Median:0.0}, p95 {P95(b):0.0}; ratio {ratio:0.00}")
            + (isFlat ? "" : string.Create(CultureInfo.InvariantCulture, $", above {MostRatio}")));
    }

    private static async Task<(int Status, double Milliseconds)> TimeAsync(
        TollgateServer server, Side side, string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", side.Key);
        var start = Stopwatch.GetTimestamp();
        using var answer = await server.Http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancel);
        return ((int)answer.StatusCode, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    private static double P95(List<double> times) => times.Order().ElementAt((int)Math.Ceiling(times.Count * 0.95) - 1);

    private sealed record Side(int Project, string Key, long Events);
}
