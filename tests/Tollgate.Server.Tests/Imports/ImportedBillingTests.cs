using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Imports;

/// <summary>Imported subscriptions and invoices: reports equal a naive computation from the records, and nothing else follows.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class ImportedBillingTests(RunningServer running)
{
    private static readonly string[] Kinds = ["new", "expansion", "contraction", "churn", "reactivation", "exchange"];

    private static readonly DateTime Begin = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>A subscription of the other system. The year is minor units per year.</summary>
    private sealed record Life(
        string Id, string Customer, string Plan, string Period, long Year, DateTime Start, DateTime? Trial, DateTime? End)
    {
        public DateTime PaidFrom => Trial ?? Start;

        public bool PaysAt(DateTime at, DateTime now) => PaidFrom < at && (End ?? now) >= at;

        public string Line()
        {
            var line = new JsonObject
            {
                ["kind"] = "subscriptions", ["id"] = Id, ["customer"] = Customer, ["plan"] = Plan, ["period"] = Period,
                ["started_at"] = Start, ["cancel_reason"] = End is null ? null : "too_expensive",
            };
            _ = Trial is null ? null : line["trial_end"] = Trial;
            _ = End is null ? null : line["ended_at"] = End;
            return line.ToJsonString();
        }
    }

    private sealed record Bill(
        string Id, string Customer, string Status, long Total, long Tax, DateTime From, DateTime To, DateTime? PaidAt)
    {
        public string Line() => new JsonObject
        {
            ["kind"] = "invoices", ["id"] = Id, ["customer"] = Customer, ["number"] = "OLD/" + Id, ["status"] = Status, ["total"] = Total,
            ["tax"] = Tax, ["issued_at"] = From, ["period_start"] = From, ["period_end"] = To, ["paid_at"] = PaidAt,
        }.ToJsonString();
    }

    [Fact]
    public async Task Twenty_four_months_of_lives_and_invoices_equal_a_naive_computation()
    {
        var now = new DateTime(2027, 1, 10, 0, 0, 0, DateTimeKind.Utc);
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z");
        var random = new Random(20);
        var (lives, bills) = (Lives(random), Bills(random));
        var body = string.Join('\n', lives.Select(static one => one.Line()).Concat(bills.Select(static one => one.Line())));
        var import = await ImportAsync(sandbox, body);
        Counts(import).ShouldBe((lives.Count + bills.Count, 0, 0), import.ToJsonString());
        Counts(await ImportAsync(sandbox, body)).ShouldBe((0, lives.Count + bills.Count, 0));

        var report = (await sandbox.Door.GetAsync("/v1/analytics/mrr?from=2025-01-01&to=2026-12-31")).Json!;
        var series = report["series"]!.AsArray();
        series.Count.ShouldBe(24);
        var before = 0L;
        foreach (var (at, month) in series.Index())
        {
            var end = Begin.AddMonths(at + 1);
            var mrr = month!["mrr"]!.GetValue<long>();
            mrr.ShouldBe(
                (long)decimal.Round(
                    lives.Where(one => one.PaysAt(end, now)).Sum(static one => one.Year) / 12m, MidpointRounding.AwayFromZero),
                month.ToJsonString());
            (before + Kinds.Sum(kind => month["movements"]![kind]!.GetValue<long>())).ShouldBe(mrr, month.ToJsonString());
            before = mrr;
        }

        var cash = (await sandbox.Door.GetAsync("/v1/analytics/revenue-vs-cost?from=2025-01-01&to=2026-12-31")).Json!;
        Dollars(cash["revenue"]!).ShouldBe(bills.Where(static one => one.Status == "paid").Sum(static one => one.Total - one.Tax) / 100m);
        Dollars(cash["cash"]!).ShouldBe(bills.Where(static one => one.Status == "paid").Sum(static one => one.Total) / 100m);
        var cohorts = (await sandbox.Door.GetAsync("/v1/analytics/cohorts?from=2025-01-01&to=2026-12-31")).Json!;
        cohorts["data"]!.AsArray().Sum(static one => one!["customers"]!.GetValue<long>())
            .ShouldBe(lives.Where(static one => one.PaidFrom != one.End).Select(static one => one.Customer).Distinct().Count());
        await CleanAsync(sandbox);
    }

    [Fact]
    public async Task Nothing_follows_from_imported_billing()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/webhook-endpoints", """{"url":"http://127.0.0.1:9/hooks","events":["*"]}""");
        await sandbox.Door.PostAsync("/v1/alert-rules", """{"kind":"subscription_canceled"}""");
        var import = await ImportAsync(
            sandbox,
            """
            {"kind":"customers","id":"old","email":"old@example.com"}
            {"kind":"subscriptions","id":"s-1","customer":"old","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z"}
            {"kind":"invoices","id":"i-1","customer":"old","number":"A-7","status":"paid","subscription":"s-1","total":3190,"tax":290,"discount":100,"issued_at":"2026-12-01T00:00:00Z","lines":[{"description":"Pro","amount":2900},{"kind":"usage","description":"Calls","quantity":5,"amount":100}]}
            {"kind":"invoices","id":"i-2","customer":"old","status":"void","total":100,"issued_at":"2026-12-02T00:00:00Z"}
            """);
        Counts(import).ShouldBe((4, 0, 0), import.ToJsonString());
        await sandbox.SubscribeAsync("""{"customer": "new", "plan": "pro", "trial": false}""");

        // A step of today is behind the imported ones in every queue of facts.
        await Eventually.UntilAsync(async () => (await ListAsync(sandbox, "/v1/webhook-events?limit=100")).Any(static one =>
            one!["type"]!.GetValue<string>() == "subscription.created"));
        (await ListAsync(sandbox, "/v1/webhook-events?limit=100")).ShouldAllBe(
            static one => !one!.ToJsonString().Contains("\"old\"", StringComparison.Ordinal));
        (await ListAsync(sandbox, "/v1/mails?limit=100")).ShouldAllBe(
            static one => !one!.ToJsonString().Contains("old@example.com", StringComparison.Ordinal));
        (await ListAsync(sandbox, "/v1/alerts?limit=100")).ShouldBeEmpty();

        // The number of the old system stays beside the series of this one, and later months bill nothing for it.
        await sandbox.AdvanceAsync("2027-04-12T00:00:00Z");
        (await ListAsync(sandbox, "/v1/invoices?customer=old")).Select(static one => one!["number"]!.GetValue<string>())
            .ShouldBe(["A-7", "i-2"], ignoreOrder: true);
        (await sandbox.InvoicesAsync("new"))[0].ShouldStartWith("000001 start");
        (await ListAsync(sandbox, "/v1/subscriptions?customer=old")).Single()!["status"]!.GetValue<string>().ShouldBe("canceled");
        (await sandbox.Door.PostAsync("/v1/check", """{"customer":"old","feature":"exports"}"""))["allowed"].GetValue<bool>()
            .ShouldBeFalse("An imported plan gives no quota.");
        await CleanAsync(sandbox);
    }

    [Fact]
    public async Task Nobody_is_lost_who_moves_here_or_changes_the_plan_in_the_other_system()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z");
        var import = await ImportAsync(
            sandbox,
            """
            {"kind":"subscriptions","id":"s-1","customer":"same","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-1","customer":"more","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z","ended_at":"2026-10-05T00:00:00Z"}
            {"kind":"subscriptions","id":"s-2","customer":"more","plan":"enterprise","period":"monthly","started_at":"2026-10-05T00:00:00Z"}
            {"kind":"subscriptions","id":"s-1","customer":"less","plan":"enterprise","period":"monthly","started_at":"2026-06-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-1","customer":"gone","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-1","customer":"yen","plan":"pro","period":"monthly","currency":"JPY","started_at":"2026-06-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-1","customer":"back","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z","ended_at":"2026-12-31T00:00:00Z","cancel_reason":"too_expensive"}
            """);
        Counts(import).ShouldBe((7, 0, 0), import.ToJsonString());

        // In another chunk, and another import, the next subscription of the other system continues the one before it too.
        await ImportAsync(
            sandbox,
            """{"kind":"subscriptions","id":"s-2","customer":"back","plan":"pro","period":"monthly","started_at":"2026-12-31T00:00:00Z"}""");
        (await MonthAsync(sandbox, "2026-10")).ShouldBe("68500 expansion 27000", "back pays 2,900 then and later.");
        (await MonthAsync(sandbox, "2027-01")).ShouldBe("68500", "The day of the import: nobody is lost.");
        await sandbox.AdvanceAsync("2027-01-20T00:00:00Z");
        foreach (var (customer, plan) in ((string, string)[])[("same", "pro"), ("more", "enterprise"), ("less", "pro"), ("back", "pro")])
        {
            await sandbox.SubscribeAsync($$"""{"customer": "{{customer}}", "plan": "{{plan}}", "trial": false}""");
        }

        (await MonthAsync(sandbox, "2027-01")).ShouldBe("41500 contraction -27000");
        (await MovesAsync(sandbox, "more")).ShouldBe(
        [
            "new - pro 34800", "move pro pro -34800", "move - pro 34800", "expansion pro enterprise 324000",
            "move enterprise enterprise -358800", "move - enterprise 358800",
        ]);
        (await MovesAsync(sandbox, "less")).ShouldBe(
        [
            "new - enterprise 358800", "move enterprise enterprise -358800", "move - enterprise 358800",
            "contraction enterprise pro -324000",
        ]);

        // Another currency is another revenue: the imported one ends when the customer moves, and not later.
        await sandbox.SubscribeAsync("""{"customer": "yen", "plan": "pro", "currency": "USD", "trial": false}""");
        (await MovesAsync(sandbox, "yen")).ShouldBe(["new - pro 36000", "churn pro pro -36000", "reactivation - pro 34800"]);
        (await sandbox.Door.GetAsync("/v1/analytics/segments?to=2027-01-31")).Json!["data"]!.AsArray().Select(static one =>
            $"{one!["name"]} {one["customers"]} {one["mrr"]}").ShouldBe(["enterprise 1 29900", "pro 5 14500"]);

        // After 35 days, a customer that has not moved is lost.
        await sandbox.AdvanceAsync("2027-02-20T00:00:00Z");
        (await MonthAsync(sandbox, "2027-02")).ShouldBe("41500 churn -2900");
        (await MovesAsync(sandbox, "gone")).ShouldBe(["new - pro 34800", "churn pro pro -34800"]);
        var lost = (await sandbox.Door.GetAsync("/v1/analytics/kpis?from=2027-01-01&to=2027-02-20")).Json!["churn"]!;
        lost["by_reason"]!.ToJsonString().ShouldBe("""[{"reason":"moved","customers":1,"mrr":2900}]""");
        await CleanAsync(sandbox);
    }

    [Fact]
    public async Task A_subscription_that_was_continued_is_not_continued_again()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z");
        await ImportAsync(
            sandbox,
            """{"kind":"subscriptions","id":"s-1","customer":"ann","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z"}""");
        await sandbox.AdvanceAsync("2027-01-20T00:00:00Z");

        // The first one continues the subscription that ran; its planned end is later than this one's.
        var import = await ImportAsync(
            sandbox,
            """
            {"kind":"subscriptions","id":"s-2","customer":"ann","plan":"pro","period":"monthly","started_at":"2027-01-11T00:00:00Z","ended_at":"2027-01-15T00:00:00Z"}
            {"kind":"subscriptions","id":"s-3","customer":"ann","plan":"pro","period":"monthly","started_at":"2027-01-16T00:00:00Z"}
            """);
        Counts(import).ShouldBe((2, 0, 0), import.ToJsonString());
        (await MovesAsync(sandbox, "ann")).ShouldBe(
        [
            "new - pro 34800", "move pro pro -34800", "move - pro 34800", "churn pro pro -34800", "reactivation - pro 34800",
        ]);
        (await MonthAsync(sandbox, "2027-01")).ShouldBe("2900 churn -2900 reactivation 2900");
        await CleanAsync(sandbox);
    }

    [Fact]
    public async Task A_planned_churn_counts_when_it_happens()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z");
        await ImportAsync(
            sandbox,
            """{"kind":"subscriptions","id":"s-1","customer":"ann","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z"}""");
        await sandbox.Door.PostAsync("/v1/events", """{"id": "e-1", "customer": "ann", "type": "csat", "properties": {"score": 5}}""");

        // The churn is planned for the 14th of this month.
        await sandbox.AdvanceAsync("2027-02-02T00:00:00Z");
        (await FebruaryAsync(sandbox)).ShouldBe("mrr 2900, churn 0, customers 1, logo churn 0, lost 0, segments 1, cohort 1, movements 0");
        await sandbox.AdvanceAsync("2027-02-20T00:00:00Z");
        (await FebruaryAsync(sandbox)).ShouldBe("mrr 0, churn -2900, customers 0, logo churn 1, lost 1, segments 0, cohort 0, movements 1");
    }

    [Fact]
    public async Task Overlapping_unknown_and_changed_records_are_rejected_by_line()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-10T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "live", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-10T00:00:00Z");
        const string Body =
            """
            {"kind":"subscriptions","id":"s-1","customer":"ann","plan":"pro","period":"monthly","started_at":"2026-06-01T00:00:00Z","ended_at":"2026-09-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-2","customer":"ann","plan":"pro","period":"monthly","started_at":"2026-08-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-3","customer":"ann","plan":"pro","period":"monthly","started_at":"2026-09-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-4","customer":"live","plan":"pro","period":"monthly","started_at":"2026-09-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-4","customer":"live","plan":"pro","period":"monthly","started_at":"2026-09-01T00:00:00Z","ended_at":"2027-01-10T00:00:00Z"}
            {"kind":"subscriptions","id":"s-1","customer":"ann","plan":"pro","period":"yearly","started_at":"2026-06-01T00:00:00Z"}
            {"kind":"subscriptions","id":"s-5","customer":"ann","plan":"gold","period":"monthly","started_at":"2020-06-01T00:00:00Z"}
            {"kind":"invoices","id":"i-1","customer":"ann","status":"paid","subscription":"s-9","total":1,"issued_at":"2026-12-02T00:00:00Z"}
            """;
        foreach (var query in (string[])["?dry_run=true", ""])
        {
            var import = await ImportAsync(sandbox, Body, query);
            Counts(import).ShouldBe((3, 0, 5), import.ToJsonString());
            import["rejected"]!.AsArray().Select(static one => $"{one!["line"]} {one["code"]}").ShouldBe(
                ["2 conflict", "4 conflict", "6 idempotency_key_reused", "7 plan_not_found", "8 subscription_not_found"]);
        }

        await CleanAsync(sandbox);
    }

    private static List<Life> Lives(Random random)
    {
        var lives = new List<Life>();
        for (var customer = 0; customer < 60; customer++)
        {
            var at = Begin.AddHours(random.Next(1, 12_000));
            for (var n = 0; n < 3 && at < Begin.AddMonths(23); n++)
            {
                var (plan, period, year) = random.Next(3) switch
                {
                    0 => ("pro", "monthly", 2900L * 12), 1 => ("pro", "yearly", 29000L), _ => ("enterprise", "monthly", 29900L * 12),
                };
                DateTime? trial = random.Next(3) == 0 ? at.AddDays(14) : null;
                DateTime? end = at.AddHours(random.Next(24, 6_000));
                end = end > Begin.AddMonths(24) || random.Next(8) == 0 ? null : end;
                trial = trial < end || end is null ? trial : null;
                lives.Add(new($"s-{customer}-{n}", $"c-{customer}", plan, period, year, at, trial, end));
                if (end is null)
                {
                    break;
                }

                at = end.Value.AddHours(random.Next(0, 2_000));
            }
        }

        return lives;
    }

    private static List<Bill> Bills(Random random) =>
    [
        .. Enumerable.Range(0, 150).Select(n =>
        {
            var from = Begin.AddDays(random.Next(0, 600));
            var isPaid = random.Next(10) > 0;
            return new Bill(
                $"i-{n}", $"c-{n % 60}", isPaid ? "paid" : "void", random.Next(100, 40_000), random.Next(0, 90), from,
                from.AddDays(random.Next(1, 100)), isPaid ? from.AddDays(random.Next(0, 40)) : null);
        }),
    ];

    private static decimal Dollars(JsonNode text) => decimal.Parse(text.GetValue<string>(), CultureInfo.InvariantCulture);

    private static (long Booked, long Replayed, long Rejected) Counts(JsonNode import) => (
        import["booked"]!.GetValue<long>(), import["replayed"]!.GetValue<long>(), import["rejected_count"]!.GetValue<long>());

    private static async Task<JsonArray> ListAsync(BillingSandbox sandbox, string path) =>
        (await sandbox.Door.GetAsync(path)).Json!["data"]!.AsArray();

    /// <summary>The MRR at the end of a month, and the movements in it that are not 0.</summary>
    private static async Task<string> MonthAsync(BillingSandbox sandbox, string month)
    {
        var report = (await sandbox.Door.GetAsync($"/v1/analytics/mrr?from={month}-01&to={month}-28")).Json!;
        return string.Join(' ', Kinds.Select(kind => (kind, Change: report["movements"]![kind]!.GetValue<long>()))
            .Where(static one => one.Change != 0).Select(static one => $"{one.kind} {one.Change}").Prepend($"{report["mrr"]}"));
    }

    /// <summary>The figures of the whole of February, which is running.</summary>
    private static async Task<string> FebruaryAsync(BillingSandbox sandbox)
    {
        const string February = "from=2027-02-01&to=2027-02-28";
        var mrr = await ReadAsync("mrr");
        var kpis = await ReadAsync("kpis");
        var month = (await ReadAsync("success"))["months"]!.AsArray().Single()!["churn_by_csat"]!.AsArray();
        var cohort = (await sandbox.Door.GetAsync("/v1/analytics/cohorts?from=2026-06-01&to=2027-02-28")).Json!["data"]![0]!;
        var segments = (await sandbox.Door.GetAsync("/v1/analytics/segments?to=2027-02-28")).Json!["data"]!.AsArray();
        return $"mrr {mrr["mrr"]}, churn {mrr["movements"]!["churn"]}, customers {kpis["customers"]!["value"]}, "
            + $"logo churn {kpis["churn"]!["logo"]!["value"]}, lost {month.Sum(static band => band!["lost"]!.GetValue<long>())}, "
            + $"segments {segments.Sum(static one => one!["customers"]!.GetValue<long>())}, "
            + $"cohort {cohort["months"]!.AsArray()[^1]!["customers"]}, "
            + $"movements {(await ReadAsync("mrr/movements"))["data"]!.AsArray().Count}";

        async Task<JsonNode> ReadAsync(string report) => (await sandbox.Door.GetAsync($"/v1/analytics/{report}?{February}")).Json!;
    }

    private static async Task<string[]> MovesAsync(BillingSandbox sandbox, string customer) =>
    [
        // The list has no order within an instant: first what ends, then what begins, then a change of it.
        .. (await ListAsync(sandbox, $"/v1/analytics/mrr/movements?limit=100&customer={customer}"))
            .OrderBy(static one => one!["at"]!.GetValue<string>(), StringComparer.Ordinal)
            .ThenBy(static one => (one!["arr_after"]!.GetValue<long>(), one["arr_before"]!.GetValue<long>()) switch
            {
                (0, _) => 0, (_, 0) => 1, _ => 2,
            })
            .Select(static one => $"{one!["kind"]} {one["plan_before"]?.ToString() ?? "-"} {one["plan"]} {one["arr_change"]}"),
    ];

    private async Task<JsonNode> ImportAsync(BillingSandbox sandbox, string lines, string query = "")
    {
        using var client = running.Server.NewClient(running.Server.AdminKey);
        client.DefaultRequestHeaders.Add("X-Project", sandbox.Code);
        using var body = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using var answer = await client.PostAsync(new Uri("/v1/imports" + query, UriKind.Relative), body);
        var id = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        JsonNode import = new JsonObject();
        await Eventually.UntilAsync(async () =>
        {
            (await ListAsync(sandbox, "/v1/parked")).ShouldBeEmpty();
            import = (await sandbox.Door.GetAsync("/v1/imports/" + id)).Json!;
            return import["status"]!.GetValue<string>() == "finished";
        });
        return import;
    }

    private static async Task CleanAsync(BillingSandbox sandbox)
    {
        var report = (await sandbox.Door.PostAsync("/v1/verify", "")).Json!;
        report["clean"]!.GetValue<bool>().ShouldBeTrue(report.ToJsonString());
    }
}
