using System.Net.Http.Json;
using System.Text.Json;

namespace Tollgate.Bench.Hosting;

/// <summary>
/// Checks that the measured answers were right. Counts the server's acknowledgements, and afterwards compares: events in the database with
/// acknowledgements, the sum of the events with the balances, the balances with their caps. A fast wrong answer is a fault that ends the
/// bench.
/// </summary>
/// <param name="hardCaps">Every quota is a hard cap, so that no balance may exceed one.</param>
internal sealed class Books(TollgateServer server, bool hardCaps = true)
{
    /// <summary>Compares each balance with the sum of its events, in both directions.</summary>
    private const string Differences = """
        SELECT count(*)
          FROM (SELECT partition, account, feature, period_start, sum(quantity) AS quantity
                  FROM events WHERE feature <> 0
                 GROUP BY partition, account, feature, period_start) AS fact
          FULL JOIN balances USING (partition, account, feature, period_start)
         WHERE coalesce(fact.quantity, 0) <> coalesce(balances.used, 0)
        """;

    private const string Oversold = "SELECT count(*) FROM balances WHERE quota IS NOT NULL AND used + held > quota";

    /// <summary>The unique key covers one month's table; it would miss the same id in two months.</summary>
    private const string Duplicates = """
        SELECT CASE WHEN (SELECT count(DISTINCT month) FROM events) < 2 THEN 0
               ELSE (SELECT count(*) FROM (SELECT 1 FROM events GROUP BY partition, account, id HAVING count(*) > 1) AS twice) END
        """;

    private long _recordedBefore;
    private long _acknowledged;
    private long _unanswered;

    /// <param name="events">Events whose recording was acknowledged.</param>
    /// <param name="unanswered">The maximum number of further events in progress when the load ended.</param>
    public void Acknowledge(long events, long unanswered)
    {
        _acknowledged += events;
        _unanswered += unanswered;
    }

    /// <summary>Events that were inserted without the server (S7's history).</summary>
    public void Loaded(long events) => _recordedBefore += events;

    /// <exception cref="BenchFault">Something does not add up.</exception>
    public async Task<string> CheckAsync(CancellationToken cancel)
    {
        // The server still records the requests that were in progress when the generator hung up.
        await Task.Delay(500, cancel);
        await using var connection = await server.Postgres.OpenAsync(TollgateServer.Database, cancel);
        var recorded = await PeersDatabase.ScalarAsync<long>(connection, "SELECT count(*) FROM events", cancel) - _recordedBefore;
        var faults = new List<string>();
        if (recorded < _acknowledged)
        {
            faults.Add($"{_acknowledged - recorded} acknowledged events are not in the database");
        }

        if (recorded > _acknowledged + _unanswered)
        {
            faults.Add($"{recorded - _acknowledged - _unanswered} events more in the database than were sent");
        }

        await AddAsync(Differences, "balances differ from the sum of their events");
        if (hardCaps)
        {
            await AddAsync(Oversold, "balances are beyond their hard cap");
        }

        await AddAsync(Duplicates, "event ids are there twice");
        if (faults.Count > 0)
        {
            throw new BenchFault("WRONG ANSWERS: " + string.Join("; ", faults) + ".");
        }

        var balances = await PeersDatabase.ScalarAsync<long>(connection, "SELECT count(*) FROM balances", cancel);
        return $"{recorded + _recordedBefore:N0} events, {_acknowledged:N0} acknowledged, {balances:N0} balances: every sum right, "
            + $"nothing twice{(hardCaps ? ", nothing oversold" : "")}";

        async Task AddAsync(string sql, string fault)
        {
            var count = await PeersDatabase.ScalarAsync<long>(connection, sql, cancel);
            if (count > 0)
            {
                faults.Add($"{count:N0} {fault}");
            }
        }
    }

    /// <summary>Runs the product's own checker, if there is one: <c>tollgate verify</c>.</summary>
    public async Task<string> VerifyAsync(CancellationToken cancel)
    {
        var help = await server.CommandAsync(cancel, "--help");
        if (!help.Out.Contains("verify", StringComparison.Ordinal))
        {
            return "tollgate verify: not there yet";
        }

        var said = await server.CommandAsync(cancel, "verify", "--data", server.Data);
        return said.ExitCode == 0
            ? "tollgate verify: clean"
            : throw new BenchFault($"WRONG ANSWERS: tollgate verify ended with {said.ExitCode}: {said.Out.Trim()} {said.Error.Trim()}");
    }

    /// <summary>Sends the same 200 ids twice: the second answer must be a replay, and each must count once.</summary>
    public async Task<string> RetryAsync(CancellationToken cancel)
    {
        const int times = 200;
        var ids = Enumerable.Range(0, times).Select(_ => Guid.CreateVersion7().ToString()).ToArray();
        foreach (var replayed in new[] { false, true })
        {
            var answers = await Task.WhenAll(ids.Select(id => ConsumeAsync(id, cancel)));
            if (answers.Any(answer => answer != replayed))
            {
                throw new BenchFault(
                    $"WRONG ANSWERS: {answers.Count(answer => answer != replayed)} of {times} consumes were "
                        + $"{(replayed ? "not " : "")}replays.");
            }
        }

        Acknowledge(times, 0);
        return $"{times} retries replayed";
    }

    private async Task<bool> ConsumeAsync(string id, CancellationToken cancel)
    {
        using var answer = await server.Http.PostAsJsonAsync(
            new Uri("/v1/consume", UriKind.Relative), new { customer = "retry", feature = BenchProject.Feature, id }, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement.GetProperty("replayed").GetBoolean()
            : throw new BenchFault($"POST /v1/consume answered {(int)answer.StatusCode}: {text}");
    }
}
