using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Customer success by month, compared with a naive computation from the raw events, customers and subscriptions.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class SuccessApiTests(RunningServer running)
{
    private const string Now = "2027-06-15T12:00:00Z";
    private const string Path = "/v1/analytics/success?from=2026-05-03&to=2027-06-15";

    [Theory]
    [InlineData("Africa/Cairo", 1)]
    [InlineData("America/New_York", 2)]
    [InlineData("Etc/UTC", 3)]
    public async Task Random_lives_equal_a_naive_computation_from_the_raw_facts(string zone, int seed)
    {
        var sandbox = await BillingSandbox.StartAsync(running, Now, zone: zone);
        await LiveAsync(sandbox, TimeZoneInfo.FindSystemTimeZoneById(zone), new(seed));
        var view = await GetAsync(sandbox, Path);
        var naive = await Naive.ReadAsync(running.ConnectionString, sandbox.Code, TimeZoneInfo.FindSystemTimeZoneById(zone));

        view["months"]!.AsArray().Count.ShouldBe(14);
        foreach (var month in view["months"]!.AsArray())
        {
            Told(month!).ShouldBe(naive.Tell(DateOnly.ParseExact(month!["month"]!.GetValue<string>() + "-01", "yyyy-MM-dd", null), 1));
        }

        Told(view["total"]!).ShouldBe(naive.Tell(new(2026, 5, 1), 14));
        view["total"]!["churn_by_csat"]!.AsArray().Sum(static band => band!["lost"]!.GetValue<long>()).ShouldBeGreaterThan(5);
        view["total"]!["time_to_value"]!["customers"]!.GetValue<long>().ShouldBeGreaterThan(10);
        foreach (var customer in (string[])["c0", "c7", "c31"])
        {
            var one = await GetAsync(sandbox, $"/v1/customers/{customer}/success?from=2026-05-03&to=2027-06-15");
            Told(one["total"]!).ShouldBe(naive.TellCustomer(customer, new(2026, 5, 1), 14));
            Told(one["months"]![3]!).ShouldBe(naive.TellCustomer(customer, new(2026, 8, 1), 1));
        }

        var file = await (await sandbox.FetchAsync(Path.Replace("?", ".csv?", StringComparison.Ordinal))).Content.ReadAsStringAsync();
        file.ShouldContain($"\r\n2026-08,csat_mean,,,{view["months"]![3]!["csat"]!["mean"]}\r\n");
        file.ShouldContain($"\r\n,tickets,,,{view["total"]!["tickets"]!["count"]}\r\n");
        (await sandbox.Door.PostAsync("/v1/verify", "{}"))["clean"].GetValue<bool>().ShouldBeTrue();

        (await sandbox.Door.PostAsync("/v1/customers/c7/erase")).Status.ShouldBe(HttpStatusCode.OK);
        var rest = await GetAsync(sandbox, Path);
        rest["total"]!["csat"]!["responses"]!.GetValue<long>().ShouldBe(
            view["total"]!["csat"]!["responses"]!.GetValue<long>() - naive.Count("c7", "csat", new(2026, 5, 1), 14));
        (await sandbox.Door.PostAsync("/v1/verify", "{}"))["clean"].GetValue<bool>().ShouldBeTrue("An erased customer has no signals.");
    }

    [Fact]
    public async Task An_empty_project_has_zeros_and_wrong_questions_are_refused_at_once()
    {
        var empty = await BillingSandbox.StartAsync(running, Now);
        var view = await GetAsync(empty, "/v1/analytics/success?from=2027-06-01");
        view["total"]!["csat"]!["mean"].ShouldBeNull();
        view["total"]!["onboarding"]!["rate"].ShouldBeNull();
        view["total"]!["churn_by_csat"]!.AsArray().Count.ShouldBe(4);
        var wrong = await empty.Door.GetAsync("/v1/analytics/success?from=yesterday&to=2027-13-01");
        wrong.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        wrong.Json!["errors"]!.AsArray().Select(static one => one!["param"]!.GetValue<string>()).ShouldBe(["to", "from"]);
        (await empty.Door.GetAsync("/v1/analytics/success?from=2090-01-01&to=2090-02-01")).Status.ShouldBe(HttpStatusCode.OK);
        (await empty.Door.GetAsync("/v1/customers/nobody/success")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_signal_needs_no_meter_and_a_wrong_one_is_refused_with_what_it_had()
    {
        var strict = BillingSandbox.Catalog + "\nunmatched_events: refuse\n";
        var sandbox = await BillingSandbox.StartAsync(running, Now, strict);
        const string Events =
            """
            [{"id": "1", "customer": "a'li علي", "type": "csat", "properties": {"score": 5}},
             {"id": "2", "customer": "a'li علي", "type": "csat", "properties": {"score": 99}},
             {"id": "3", "customer": "a'li علي", "type": "csat"},
             {"id": "4", "customer": "a'li علي", "type": "value_metric", "properties": {"name": "hours_saved", "value": -5}},
             {"id": "5", "customer": "a'li علي", "type": "unknown"},
             {"id": "6", "customer": "a'li علي", "type": "value_metric", "quantity": 2.5, "properties": {"name": "hours_saved"}}]
            """;
        var came = await sandbox.Door.PostAsync("/v1/events", Events);
        (came["accepted"].GetValue<int>(), came["unmatched"].GetValue<bool>()).ShouldBe((2, false), came.Json!.ToJsonString());
        came["rejected"].AsArray().Select(static one => one!["code"]!.GetValue<string>()).ShouldBe(
            ["event_value_invalid", "event_value_invalid", "event_value_invalid", "event_unmatched"]);
        came["rejected"]![0]!["detail"]!.GetValue<string>().ShouldBe(
            "An event of the type 'csat' needs properties.score: a whole number from 1 to 5; 99 was sent.");
        (await sandbox.Door.PostAsync("/v1/events", Events))["replayed"].GetValue<int>().ShouldBe(2);

        var view = await GetAsync(sandbox, $"/v1/customers/{Uri.EscapeDataString("a'li علي")}/success");
        view["last_csat"]!["score"]!.GetValue<int>().ShouldBe(5);
        view["total"]!["values"]!.ToJsonString().ShouldBe("""[{"name":"hours_saved","unit":null,"events":1,"total":2.5}]""");
        (await GetAsync(sandbox, "/v1/events?type=csat&customer=" + Uri.EscapeDataString("a'li علي")))["data"]!.AsArray().Count.ShouldBe(1);
        (await sandbox.Door.PostAsync("/v1/events/1/void", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(sandbox, "/v1/analytics/success"))["total"]!["csat"]!["responses"]!.GetValue<long>().ShouldBe(0);
        (await sandbox.Door.PostAsync("/v1/verify", "{}"))["clean"].GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task Verify_names_tampered_adoption()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-05T00:00:00Z", zone: "Africa/Cairo");
        await sandbox.UseAsync("ali", "calls", 3);
        await sandbox.AdvanceAsync(Now);
        await sandbox.UseAsync("ali", "calls", 1);
        await GetAsync(sandbox, "/v1/analytics/features/adoption");
        (await sandbox.Door.PostAsync("/v1/verify", "{}"))["clean"].GetValue<bool>().ShouldBeTrue();
        foreach (var (kind, tampering) in ((string, string)[])
            [
                ("feature_months", "UPDATE feature_months SET units = units + 1, used = 2, entitled = 9 WHERE month = '2027-01-01'"),
                ("feature_months", "DELETE FROM feature_months WHERE month = '2027-01-01'"),
                ("feature_days", "UPDATE feature_days SET total = total + 5"),
            ])
        {
            await using var connection = new NpgsqlConnection(running.ConnectionString);
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = new NpgsqlCommand(
                tampering + (tampering.Contains("WHERE", StringComparison.Ordinal) ? " AND " : " WHERE ")
                    + "project_id = (SELECT id FROM projects WHERE code = $1)", connection)
            {
                Parameters = { new() { Value = sandbox.Code } },
            };
            (await command.ExecuteNonQueryAsync()).ShouldBeGreaterThan(0);
            await transaction.CommitAsync();
            var came = await sandbox.Door.PostAsync("/v1/verify", "{}");
            came["clean"].GetValue<bool>().ShouldBeFalse();
            came["checks"].AsArray().Single(one => one!["kind"]!.GetValue<string>() == kind)!["count"]!.GetValue<long>()
                .ShouldBeGreaterThan(0, tampering);
        }
    }

    /// <summary>50 customers over 15 months, imported, and a last month of live events with repeats and voids.</summary>
    private static async Task LiveAsync(BillingSandbox sandbox, TimeZoneInfo zone, Random random)
    {
        var (first, now) = (new DateTime(2026, 3, 1), DateTimeOffset.Parse(Now, CultureInfo.InvariantCulture));
        var (customers, others, number) = (new StringBuilder(), new StringBuilder(), 0);
        for (var i = 0; i < 50; i++)
        {
            customers.AppendLine(Invariant($$"""{"kind":"customers","id":"c{{i}}","created_at":"{{Moment()}}"}"""));
            for (var at = first.AddDays(random.Next(200)); at < now.AddDays(-40); at = at.AddDays(20 + random.Next(40)))
            {
                var (from, until) = (at, at = at.AddDays(30 + random.Next(150)));
                if (until < now.AddDays(-2))
                {
                    others.AppendLine(Invariant(
                        $$"""{"kind":"subscriptions","id":"s{{number++}}","customer":"c{{i}}","plan":"pro","period":"monthly","amount":2900,"started_at":"{{Text(from)}}","ended_at":"{{Text(until)}}"}"""));
                }
            }

            for (var j = random.Next(14); j > 0; j--)
            {
                others.AppendLine(Invariant(
                    $$"""{"kind":"usage","id":"h{{number++}}","customer":"c{{i}}","occurred_at":"{{Moment()}}",{{Signal(random)}}}"""));
            }
        }

        await ImportAsync(sandbox, customers.ToString());
        await ImportAsync(sandbox, others.ToString());
        await ImportAsync(sandbox, others.ToString());
        await LiveNowAsync(sandbox, now, random);

        string Moment()
        {
            // Many at a local midnight, or a second before or after it.
            var local = first.AddMinutes(random.Next(440 * 24 * 60));
            local = random.Next(3) == 0 ? new DateTime(local.Year, local.Month, 1).AddSeconds(random.Next(3) - 1) : local;
            return Text(zone.IsInvalidTime(local) ? local : TimeZoneInfo.ConvertTimeToUtc(local, zone));
        }
    }

    private static async Task LiveNowAsync(BillingSandbox sandbox, DateTimeOffset now, Random random)
    {
        for (var i = 0; i < 40; i++)
        {
            var at = now.AddMinutes(-random.Next(33 * 24 * 60)).UtcDateTime;
            var body = Invariant($$"""{"id":"l{{i}}","customer":"c{{random.Next(50)}}","occurred_at":"{{Text(at)}}",{{Signal(random)}}}""");
            for (var times = 1 + random.Next(2); times > 0; times--)
            {
                (await sandbox.Door.PostAsync("/v1/events", body))["rejected_count"].GetValue<int>().ShouldBe(0);
            }

            if (random.Next(4) == 0)
            {
                (await sandbox.Door.PostAsync($"/v1/events/l{i}/void", "{}")).Status.ShouldBe(HttpStatusCode.OK);
            }
        }
    }

    private static string Signal(Random random) => random.Next(6) switch
    {
        0 => "\"type\":\"onboarding_completed\"",
        1 => "\"type\":\"support_ticket\"",
        2 or 3 => Invariant($$"""
            "type":"csat","properties":{"score":{{1 + random.Next(5)}}}
            """).Trim(),
        4 => Invariant($$"""
            "type":"value_metric","properties":{"name":"hours_saved","unit":"hours","value":{{random.Next(90)}}.{{random.Next(10)}}}
            """).Trim(),
        _ => Invariant($$"""
            "type":"value_metric","quantity":{{random.Next(9)}},"properties":{"name":"letters"}
            """).Trim(),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Text(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static async Task ImportAsync(BillingSandbox sandbox, string lines)
    {
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        var made = await sandbox.PostAsync("/v1/imports", content, HttpStatusCode.Accepted);
        for (var round = 0; round < 600; round++)
        {
            var import = await sandbox.Door.GetAsync("/v1/imports/" + made["id"]!.GetValue<string>());
            if (import["status"].GetValue<string>() == "finished")
            {
                import["rejected_count"].GetValue<int>().ShouldBe(0, import["rejected"].ToJsonString());
                return;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException("The import does not finish.");
    }

    /// <summary>The figures as a line, as <see cref="Naive"/> writes them.</summary>
    private static string Told(JsonNode one)
    {
        var line = new StringBuilder();
        if (one["customers"] is not null)
        {
            line.Append(CultureInfo.InvariantCulture, $"{one["customers"]} {one["signed_up"]} {one["onboarding"]!["completed"]} {one["onboarding"]!["rate"]} | ")
                .Append(CultureInfo.InvariantCulture, $"{one["time_to_value"]!["customers"]} {one["time_to_value"]!["median_hours"]} {one["time_to_value"]!["p90_hours"]} | ")
                .Append(CultureInfo.InvariantCulture, $"{one["tickets"]!["per_customer"]} | ");
            foreach (var band in one["churn_by_csat"]!.AsArray())
            {
                line.Append(CultureInfo.InvariantCulture, $"{band!["csat"]} {band["customers"]} {band["lost"]} {band["rate"]} | ");
            }
        }

        var tickets = one["tickets"] is JsonObject counted ? counted["count"] : one["tickets"];
        line.Append(CultureInfo.InvariantCulture, $"{tickets} | {string.Join(' ', one["csat"]!["scores"]!.AsArray().Select(static n => n!.ToString()))} ")
            .Append(CultureInfo.InvariantCulture, $"{one["csat"]!["mean"]} {one["csat"]!["satisfied"]} | ")
            .AppendJoin(", ", one["values"]!.AsArray().Select(static v => $"{v!["name"]} {v["unit"]} {v["events"]} {v["total"]}"));
        return line.ToString();
    }

    private static async Task<JsonNode> GetAsync(BillingSandbox sandbox, string path)
    {
        var came = await sandbox.Door.GetAsync(path);
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came.Json!;
    }

    /// <summary>Reads the raw facts and computes each figure by going through all of them.</summary>
    private sealed class Naive(TimeZoneInfo zone)
    {
        private readonly List<(string Customer, string Type, DateTime At, string? Properties, decimal Quantity)> _events = [];
        private readonly Dictionary<string, DateTime> _created = [];
        private readonly List<(string Customer, DateTime From, DateTime Until)> _paid = [];

        public static async Task<Naive> ReadAsync(string database, string project, TimeZoneInfo zone)
        {
            var naive = new Naive(zone);
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            await foreach (var row in RowsAsync(connection, project, "SELECT c.id, c.created_at FROM customers c WHERE c.project_id = $1"))
            {
                naive._created[row.GetString(0)] = row.GetDateTime(1);
            }

            await foreach (var row in RowsAsync(
                connection, project,
                """
                SELECT c.id, e.data ->> 'type', e.occurred_at, e.data ->> 'props', e.quantity
                  FROM events e JOIN customers c USING (partition, account)
                 WHERE c.project_id = $1 AND NOT e.data ? 'void'
                   AND (e.account, e.id::text) NOT IN (SELECT v.account, v.data ->> 'void' FROM events v WHERE v.data ? 'void')
                """))
            {
                naive._events.Add((
                    row.GetString(0), row.GetString(1), row.GetDateTime(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetDecimal(4)));
            }

            await foreach (var row in RowsAsync(
                connection, project,
                """
                SELECT c.id, s.started_at, s.ended_at FROM subscriptions s JOIN customers c USING (partition, account) WHERE c.project_id = $1
                """))
            {
                naive._paid.Add((row.GetString(0), row.GetDateTime(1), row.GetDateTime(2)));
            }

            return naive;
        }

        private static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(NpgsqlConnection connection, string project, string sql)
        {
            await using var command = new NpgsqlCommand(
                sql.Replace("$1", "(SELECT id FROM projects WHERE code = $1)", StringComparison.Ordinal), connection)
            {
                Parameters = { new() { Value = project } },
            };
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                yield return reader;
            }
        }

        public long Count(string customer, string type, DateOnly first, int months) =>
            _events.Count(one => one.Customer == customer && one.Type == type && IsIn(one.At, first, months));

        public string TellCustomer(string customer, DateOnly first, int months) =>
            TellSignals(_events.Where(one => one.Customer == customer && IsIn(one.At, first, months)));

        public string Tell(DateOnly first, int months)
        {
            var known = _created.Count(one => Local(one.Value) < first.AddMonths(months).ToDateTime(default));
            var fresh = _created.Where(one => IsIn(one.Value, first, months)).Select(static one => one.Key).ToList();
            var onboarded = fresh.Count(id => _events.Exists(one => one.Customer == id && one.Type == "onboarding_completed"));
            var waits = _events.Where(static one => one.Type == "value_metric").GroupBy(static one => one.Customer)
                .Select(one => (one.Key, First: one.Min(static e => e.At))).Where(one => IsIn(one.First, first, months))
                .Select(one => one.First > _created[one.Key] ? one.First - _created[one.Key] : TimeSpan.Zero).Order().ToList();
            var tickets = _events.Count(one => one.Type == "support_ticket" && IsIn(one.At, first, months));
            return $"{known} {fresh.Count} {onboarded} {Share(onboarded, fresh.Count)} | "
                + $"{waits.Count} {Rank(waits, 0.5m)} {Rank(waits, 0.9m)} | {Share(tickets, known)} | {TellChurn(first, months)}"
                + TellSignals(_events.Where(one => IsIn(one.At, first, months)));
        }

        private string TellChurn(DateOnly first, int months)
        {
            var sums = new Dictionary<string, (int All, int Lost)>
            {
                ["low"] = default, ["neutral"] = default, ["high"] = default, ["unrated"] = default,
            };
            var now = DateTimeOffset.Parse(Now, CultureInfo.InvariantCulture).UtcDateTime;
            for (var i = 0; i < months; i++)
            {
                var (start, end) = (Utc(first.AddMonths(i)), Utc(first.AddMonths(i + 1)));
                if (months > 1 && end > now)
                {
                    continue;
                }

                foreach (var customer in _paid.Where(one => IsPaid(one, start)).Select(static one => one.Customer))
                {
                    var scores = _events.Where(one => one.Customer == customer && one.Type == "csat")
                        .Where(one => one.At < start && one.At >= start.AddDays(-90)).OrderBy(static one => one.At).ToList();
                    var band = scores.Count == 0
                        ? "unrated"
                        : ScoreOf(scores[^1].Properties!) switch { < 3 => "low", 3 => "neutral", _ => "high" };
                    var lost = _paid.Exists(one => one.Customer == customer && IsPaid(one, end)) ? 0 : 1;
                    sums[band] = (sums[band].All + 1, sums[band].Lost + lost);
                }
            }

            return string.Concat(sums.Select(one => $"{one.Key} {one.Value.All} {one.Value.Lost} {Share(one.Value.Lost, one.Value.All)} | "));
        }

        private static bool IsPaid((string, DateTime From, DateTime Until) time, DateTime at) => time.From < at && time.Until >= at;

        private static string TellSignals(
            IEnumerable<(string Customer, string Type, DateTime At, string? Properties, decimal Quantity)> some)
        {
            var events = some.ToList();
            var scores = events.Where(static one => one.Type == "csat").Select(static one => ScoreOf(one.Properties!)).ToList();
            var mean = scores.Count == 0 ? "" : Rounded((decimal)scores.Sum() / scores.Count, 4);
            var values = events.Where(static one => one.Type == "value_metric")
                .Select(static one => (Json: JsonNode.Parse(one.Properties!)!, one.Quantity))
                .GroupBy(static one => $"{one.Json["name"]} {one.Json["unit"]}").OrderBy(static one => one.Key, StringComparer.Ordinal)
                .Select(static one => $"{one.Key} {one.Count()} "
                    + (one.Sum(static v => v.Json["value"]?.GetValue<decimal>() ?? v.Quantity) / 1.000000000000m).ToString(
                        "0.#########", CultureInfo.InvariantCulture));
            return $"{events.Count(static one => one.Type == "support_ticket")} | "
                + $"{string.Join(' ', Enumerable.Range(1, 5).Select(score => scores.Count(one => one == score)))} {mean} "
                + $"{Share(scores.Count(static one => one > 3), scores.Count)} | {string.Join(", ", values)}";
        }

        private static int ScoreOf(string properties) => JsonNode.Parse(properties)!["score"]!.GetValue<int>();

        private static string Share(long part, long whole) => whole == 0 ? "" : Rounded((decimal)part / whole, 4);

        /// <summary>The shortest time that this share of them did not exceed.</summary>
        private static string Rank(List<TimeSpan> sorted, decimal share) => sorted.Count == 0
            ? ""
            : Rounded((decimal)sorted[(int)Math.Ceiling(share * sorted.Count) - 1].Ticks / TimeSpan.TicksPerHour, 2);

        private static string Rounded(decimal value, int decimals) =>
            decimal.Round(value, decimals, MidpointRounding.AwayFromZero).ToString("0.####", CultureInfo.InvariantCulture);

        private bool IsIn(DateTime utc, DateOnly first, int months) =>
            Local(utc) >= first.ToDateTime(default) && Local(utc) < first.AddMonths(months).ToDateTime(default);

        private DateTime Local(DateTime utc) => TimeZoneInfo.ConvertTimeFromUtc(utc, zone);

        private DateTime Utc(DateOnly day) => TimeZoneInfo.ConvertTimeToUtc(day.ToDateTime(default), zone);
    }
}
