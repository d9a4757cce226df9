using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Npgsql;
using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Scenarios;

/// <summary>
/// The renewal run: advances a sandbox's clock by a month over subscriptions with five metered lines each, based on raw events that the
/// server recorded just before. Its peer is the simplest set-based SQL that rates usage which is already summed.
/// </summary>
internal static class S10Renewals
{
    private const string Code = "renewals";
    private const int Features = 5;
    private const int EventsOfFeature = 20;

    /// <summary>Units of an event: 20 of them come to 60, which is 50 beyond the quota of 10.</summary>
    private const int Units = 3;

    /// <summary>29.00 + 50 × 0.01 + (20 × 0.02 + 30 × 0.01) + 50 × 0.03 + 3 packages × 0.40 + (1 + 50 × 0.002).</summary>
    private const long InvoiceCents = 2900 + 50 + 70 + 150 + 120 + 110;

    private const int EventsOfRequest = 10_000;

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>One durable transaction, like each batch of the other side.</summary>
    private const string Ceiling = """
        WITH rated AS MATERIALIZED (
            SELECT u.customer, u.feature, u.used - 10 AS quantity,
                   round(sum((least(u.used - 10, t.up_to) - t.above) * t.unit_price + t.flat_fee) * 100)::bigint AS amount
              FROM ceiling.usage u JOIN ceiling.tiers t ON t.feature = u.feature AND t.above < u.used - 10
             GROUP BY u.customer, u.feature, u.used
        ), lines AS (
            INSERT INTO ceiling.lines
            SELECT customer, feature, feature, 'Usage beyond the plan', quantity, amount FROM rated
        )
        INSERT INTO ceiling.invoices
        SELECT customer, customer, '2030-01-01', '2030-02-01', 2900 + sum(amount) FROM rated GROUP BY customer
        """;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Session session)
    {
        await using var server = await TollgateServer.StartAsync(session.Bench, Code, session.Cancel);
        var project = await BenchProject.CreateAsync(server, Code, session.Cancel, "sandbox");
        server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", project.Key);
        var sandbox = new Sandbox(session, server, session.Options.Quick ? 2_000 : 10_000);
        await sandbox.SubscribeAsync();
        var idle = server.ResidentMb();
        await PrepareCeilingAsync(server, sandbox.Customers, session.Cancel);
        var compared = await session.CompareAsync(
            new("renewal run", sandbox.MonthAsync), new("set-based SQL", cancel => CeilingAsync(sandbox, cancel)));
        var resident = server.ResidentMb();
        Workbench.Tell("  checked: " + await sandbox.CheckAsync());
        var events = sandbox.Customers * Features * EventsOfFeature;
        return
        [
            Ratio.Higher(
                "S10", $"invoices/s of a renewal run, {sandbox.Customers:N0} subscriptions with 5 metered lines ÷ set-based SQL", compared,
                goal: 0.20),
            new Figure(
                "S10", $"raw events of a month, {events:N0}, to rated lines, s",
                Spread.Of(compared.Pairs.Select(pair => sandbox.Customers / pair.A.PerSecond)),
                session.Options.Quick ? null : 2, null, Better.Lower, "s",
                $"taken in before it at {Figure.Text(sandbox.EventsPerSecond)} events/s"),
            Figure.Context(
                "S10", "memory of the server after the runs, MB", resident, "MB",
                string.Create(CultureInfo.InvariantCulture, $"{idle:0} MB before the first")),
        ];
    }

    private static async Task PrepareCeilingAsync(TollgateServer server, int customers, CancellationToken cancel)
    {
        await using var connection = await server.Postgres.OpenAsync(TollgateServer.Database, cancel);
        await PeersDatabase.ExecuteAsync(
            connection, await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "scripts", Code + ".sql"), cancel), cancel);
        await PeersDatabase.ExecuteAsync(connection,
            $"INSERT INTO ceiling.usage SELECT customer, feature, 60 FROM generate_series(1, {customers}) AS customer CROSS JOIN "
                + $"generate_series(1, {Features}) AS feature",
            cancel);
        await PeersDatabase.ExecuteAsync(connection, "VACUUM ANALYZE ceiling.usage, ceiling.tiers", cancel);
    }

    private static async Task<LoadResult> CeilingAsync(Sandbox sandbox, CancellationToken cancel)
    {
        await using var connection = await sandbox.Server.Postgres.OpenAsync(TollgateServer.Database, cancel);
        await PeersDatabase.ExecuteAsync(connection, "TRUNCATE ceiling.invoices, ceiling.lines", cancel);
        await PeersDatabase.ExecuteAsync(connection, "CHECKPOINT", cancel);
        return await sandbox.TimedAsync(async () =>
        {
            var invoices = await PeersDatabase.ExecuteAsync(connection, Ceiling, cancel);
            return invoices == sandbox.Customers
                ? invoices
                : throw new BenchFault($"WRONG ANSWERS: the set-based SQL wrote {invoices} invoices for {sandbox.Customers}.");
        });
    }

    /// <summary>The sandbox project whose months pass.</summary>
    private sealed class Sandbox(Session session, TollgateServer server, int customers)
    {
        private const int Callers = 8;
        private readonly Books _books = new(server, hardCaps: false);
        private readonly List<double> _rates = [];
        private int _months;

        public int Customers => customers;

        public TollgateServer Server => server;

        public double EventsPerSecond => Spread.Of(_rates).Median;

        public async Task SubscribeAsync()
        {
            await PostAsync("/v1/test-clock", new { advance_to = Start });
            await Parallel.ForAsync(
                0, customers, new ParallelOptions { MaxDegreeOfParallelism = Callers, CancellationToken = session.Cancel },
                async (n, _) => await PostAsync("/v1/subscriptions", new { customer = $"r{n}", plan = "pro", period = "monthly" }));
        }

        /// <summary>A month: its events, not timed; then the advance of the clock, which is timed.</summary>
        public async Task<LoadResult> MonthAsync(CancellationToken cancel)
        {
            var start = Stopwatch.GetTimestamp();
            var (events, perRequest) = (customers * Features * EventsOfFeature, EventsOfRequest / EventsOfFeature / Features);
            for (var first = 0; first < customers; first += perRequest)
            {
                await SendEventsAsync(first, Math.Min(customers, first + perRequest));
            }

            _rates.Add(events / Stopwatch.GetElapsedTime(start).TotalSeconds);
            await using (var connection = await server.Postgres.OpenAsync(TollgateServer.Database, cancel))
            {
                await PeersDatabase.ExecuteAsync(connection, "CHECKPOINT", cancel);
            }

            return await TimedAsync(async () =>
            {
                using var done = await PostAsync("/v1/test-clock", new { advance_to = Start.AddMonths(++_months) });
                return done.RootElement.GetProperty("processed").GetProperty("invoices").GetInt32() is var invoices && invoices == customers
                    ? invoices
                    : throw new BenchFault($"WRONG ANSWERS: {invoices} invoices for {customers} subscriptions.");
            });
        }

        public async Task<LoadResult> TimedAsync(Func<Task<int>> work)
        {
            var done = PerSecondAsync(work);
            var cpu = await session.Bench.Cpu.MeasureAsync(done);
            var (count, perSecond) = await done;
            return new LoadResult(perSecond, 0, 0, 0, 0) { Done = count, Cpu = cpu };
        }

        private static async Task<(int Count, double PerSecond)> PerSecondAsync(Func<Task<int>> work)
        {
            var start = Stopwatch.GetTimestamp();
            var count = await work();
            return (count, count / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        /// <summary>
        /// Compares every invoice with a sum computed by hand, and every event with its balance, and runs the product's checker.
        /// </summary>
        public async Task<string> CheckAsync()
        {
            var events = await _books.CheckAsync(session.Cancel);
            await using var connection = await server.Postgres.OpenAsync(TollgateServer.Database, session.Cancel);
            await using var count = new NpgsqlCommand(
                $"""
                SELECT count(*) FILTER (WHERE i.total = {InvoiceCents} AND l.lines = {Features + 1}), count(*)
                  FROM invoices i
                  JOIN LATERAL (SELECT count(*) AS lines FROM invoice_lines l WHERE l.partition = i.partition AND l.account = i.account
                    AND l.invoice = i.id) l ON true
                 WHERE i.kind = 'renewal'
                """, connection);
            await using var reader = await count.ExecuteReaderAsync(session.Cancel);
            await reader.ReadAsync(session.Cancel);
            var (right, all) = (reader.GetInt64(0), reader.GetInt64(1));
            return right == all && all == (long)customers * _months
                ? $"{events}; {all:N0} invoices of {InvoiceCents} cents; {await _books.VerifyAsync(session.Cancel)}"
                : throw new BenchFault(
                    $"WRONG ANSWERS: {right} of {all} invoices are right, and there should be {(long)customers * _months}.");
        }

        private async Task SendEventsAsync(int from, int to)
        {
            var body = new StringBuilder("[");
            for (var customer = from; customer < to; customer++)
            {
                for (var n = 0; n < EventsOfFeature * Features; n++)
                {
                    body.Append(CultureInfo.InvariantCulture,
                        $"{(body.Length > 1 ? "," : "")}{{\"id\":\"{Guid.CreateVersion7()}\",\"customer\":\"r{customer}\",\"type\":\"f{n % Features + 1}\",\"quantity\":{Units}}}");
                }
            }

            using var answer = await SendAsync(
                "/v1/events", new StringContent(body.Append(']').ToString(), Encoding.UTF8, "application/json"));
            var accepted = answer.RootElement.GetProperty("accepted").GetInt32();
            _books.Acknowledge(accepted, 0);
            if (accepted != (to - from) * EventsOfFeature * Features)
            {
                throw new BenchFault(
                    $"POST /v1/events took {accepted} of {(to - from) * EventsOfFeature * Features}: {answer.RootElement}");
            }
        }

        private Task<JsonDocument> PostAsync(string path, object body) => SendAsync(path, JsonContent.Create(body));

        private async Task<JsonDocument> SendAsync(string path, HttpContent body)
        {
            using (body)
            {
                using var answer = await server.Http.PostAsync(new Uri(path, UriKind.Relative), body, session.Cancel);
                var text = await answer.Content.ReadAsStringAsync(session.Cancel);
                return answer.IsSuccessStatusCode
                    ? JsonDocument.Parse(text)
                    : throw new BenchFault($"POST {path} answered {(int)answer.StatusCode}: {text}");
            }
        }
    }
}
