using System.Globalization;
using System.Text;
using Tollgate.Core.Imports;
using Tollgate.Engine.Imports;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Imports;

/// <summary>History in the books: counted once for reports, and never for quotas.</summary>
public sealed class ImportTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private ImportRig? _rig;

    private ImportRig Rig => _rig!;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await ImportRig.StartAsync(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    private static string Usage(int from, int count, string customer = "ann", string at = "2021-03-05T10:00:00Z", int quantity = 3)
    {
        var lines = new StringBuilder();
        foreach (var i in Enumerable.Range(from, count))
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $$"""{"kind":"usage","id":"u-{{i}}","customer":"{{customer}}","feature":"scan","quantity":{{quantity}},"occurred_at":"{{at}}"}""")
                .Append('\n');
        }

        return lines.ToString();
    }

    private static string Call(string id, string customer = "ann", string cost = "\"0.25\"") =>
        $$"""{"kind":"llm_calls","id":"{{id}}","customer":"{{customer}}","model":"gpt-4o","provider":"openai","attribute_to":"chat","input_tokens":900,"output_tokens":100,"cost_usd":{{cost}},"latency_ms":40,"occurred_at":"2021-03-05T10:00:00Z"}"""
            + "\n";

    [Fact]
    public async Task Every_line_is_booked_replayed_or_rejected_and_the_books_stay_clean()
    {
        var body =
            "{\"kind\":\"customers\",\"id\":\"ann\",\"name\":\"محمد \\\"أبو\\\" o'Neil\",\"created_at\":\"2020-01-01T00:00:00Z\"}\n\n"
            + Usage(1, 3) + Usage(2, 1) + Usage(3, 1, quantity: 9) + "{broken\n" + Call("l-1") + Usage(9, 1, at: "2099-01-01T00:00:00Z");
        var import = await Rig.ImportAsync(body);
        (import.Status, import.Records, import.Booked, import.Replayed, import.Rejected).ShouldBe((ImportStatus.Finished, 9, 5, 1, 3));
        var rejected = await Rig.Queries.RejectionsAsync(import.Id, CancellationToken.None);
        rejected.Select(static one => (one.Line, one.Record, one.Fault.Code)).ShouldBe(
            [(7, "u-3", "idempotency_key_reused"), (8, null, "malformed_json"), (10, "u-9", "validation_failed")]);
        (await Rig.Queries.SumsAsync(import.Id, CancellationToken.None))
            .Select(static one => FormattableString.Invariant($"{one.Kind} {one.Month:yyyy-MM} {one.Name} {one.Records} {one.Amount:0.##}"))
            .ShouldBe(
            ["customers 2020-01  1 1", "llm_calls 2021-03 gpt-4o 1 0.25", "usage 2021-03 scan 4 12"]);
        (await Database.ScalarAsync<decimal>("SELECT sum(quantity) FROM imported_usage_days")).ShouldBe(9);
        (await Database.ScalarAsync<decimal>("SELECT sum(cost_usd) FROM call_days WHERE day = '2021-03-05' AND feature = 'chat'")).ShouldBe(
            0.25m);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM call_latencies")).ShouldBe(1);
        (await Database.ScalarAsync<string>("SELECT name FROM customers WHERE id = 'ann'")).ShouldBe("محمد \"أبو\" o'Neil");
        (await Rig.BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_chunk_that_writes_signals_delays_only_the_live_signals_of_its_customers()
    {
        await using var server = await LedgerRig.StartAsync(Database, options: new() { Lanes = 1 });
        foreach (var customer in (string[])["ann", "bob"])
        {
            (await server.ConsumeAsync(customer, "scan")).Fault.ShouldBe(GateFault.None);
        }

        await Rig.ImportAsync(Signal("s-0", "eve", "csat", """{"score":4}"""));
        Task chunk;
        Task<GateAnswer> held;
        await using (await HeldLocks.OfAsync(Database, "SELECT FROM signal_months WHERE shard = 64 FOR UPDATE"))
        {
            chunk = Rig.ImportAsync(
                Signal("s-1", "ann", "csat", """{"score":4}""") + Signal("s-2", "ann", "value_metric", """{"name":"letters"}"""));
            await HeldLocks.UntilWaitedForAsync(Database);
            held = server.RecordAsync("ann", "csat", properties: """{"score": 5}""");
            var waiting = System.Diagnostics.Stopwatch.StartNew();
            foreach (var name in (string[])["letters", "pages", "hours"])
            {
                (await server.RecordAsync("bob", "value_metric", properties: $$"""{"name": "{{name}}"}""")).Fault.ShouldBe(GateFault.None);
            }

            waiting.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5), "A lane waits up to 10 seconds for a lock.");
            held.IsCompleted.ShouldBeFalse();
        }

        await chunk;
        (await held).Fault.ShouldBe(GateFault.None);
        (await Database.ScalarAsync<decimal>("SELECT sum(signals) FROM signal_months")).ShouldBe(7);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM value_names")).ShouldBe(3);
        (await Rig.BreaksAsync()).ShouldBeEmpty();
    }

    private static string Signal(string id, string customer, string type, string properties) =>
        $$"""{"kind":"usage","id":"{{id}}","customer":"{{customer}}","type":"{{type}}","properties":{{properties}},"occurred_at":"2021-03-05T10:00:00Z"}"""
            + "\n";

    [Fact]
    public async Task The_same_file_again_at_once_and_on_two_servers_counts_once()
    {
        await using var other = await ImportRig.StartAsync(Database, yaml: null);
        var body = Usage(1, 2_000) + Call("l-1") + Call("l-2");
        var ids = await Task.WhenAll(
            Rig.ReceiveAsync(body), other.ReceiveAsync(body), Rig.ReceiveAsync(body), other.ReceiveAsync(body));
        for (var round = 0; round < 100; round++)
        {
            await Task.WhenAll(Rig.RunAsync(), other.RunAsync());
        }

        var imports = await Task.WhenAll(ids.Select(Rig.FindAsync));
        imports.Select(static one => (one.Status, one.Records, one.Rejected)).Distinct().ShouldBe([(ImportStatus.Finished, 2_002, 0)]);
        imports.Sum(static one => one.Booked).ShouldBe(2_002);
        (await Database.ScalarAsync<decimal>("SELECT sum(quantity) FROM imported_usage_days")).ShouldBe(6_000);
        (await Database.ScalarAsync<decimal>("SELECT sum(cost_usd) FROM call_customer_days")).ShouldBe(0.5m);
        (await Rig.BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_import_that_is_cut_off_continues_at_its_position()
    {
        var body = Usage(1, ImportLimits.ChunkRecords * 2);
        var id = await Rig.ReceiveAsync(body);
        await Database.ExecuteAsync(
            $$"""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'cut off'; END $f$;
            CREATE TRIGGER cut BEFORE UPDATE ON imports FOR EACH ROW WHEN (NEW.position = 2) EXECUTE FUNCTION fail();
            """);
        await Rig.RunAsync();
        var cut = await Rig.FindAsync(id);
        (cut.Status, cut.Position, cut.Records).ShouldBe((ImportStatus.Running, 1, ImportLimits.ChunkRecords));
        (await Database.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(ImportLimits.ChunkRecords);
        (await Rig.BreaksAsync()).ShouldBeEmpty();

        await Database.ExecuteAsync("DROP TRIGGER cut ON imports; DELETE FROM parked_work");
        await Rig.RunAsync();
        var done = await Rig.FindAsync(id);
        (done.Status, done.Records,
            done.Booked).ShouldBe((ImportStatus.Finished, ImportLimits.ChunkRecords * 2, ImportLimits.ChunkRecords * 2));
        (await Database.ScalarAsync<long>("SELECT count(*) FROM import_chunks")).ShouldBe(0);
    }

    [Fact]
    public async Task Imported_use_of_now_takes_nothing_from_the_quota_and_shows_in_no_decision()
    {
        var now = Rig.Ledger.Clock.Now().ToString();
        var import = await Rig.ImportAsync(Usage(1, 50, at: now) + Call("l-1"));
        import.Booked.ShouldBe(51);
        (await Rig.Ledger.StandingAsync("ann", "scan")).Used.IsZero.ShouldBeTrue();
        (await Rig.Ledger.ConsumeAsync("ann", "scan", 2)).Decision!.Allowed.ShouldBeTrue();
        (await Rig.Ledger.ConsumeAsync("ann", "scan")).Decision!.Allowed.ShouldBeFalse();
        (await Rig.Ledger.Gate.VoidAsync(Rig.Ledger.Project, "u-1", "ann", CancellationToken.None)).Fault
            .ShouldBe(Engine.Ledger.GateFault.EventUnknown);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM balances WHERE used > 0")).ShouldBe(1);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM threshold_crossings WHERE used > 2")).ShouldBe(0);
        (await Rig.BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_id_of_a_live_event_counts_as_known_and_the_accept_window_stays()
    {
        await Rig.Ledger.RecordAsync("ann", "scan", 1, "u-1");
        var import = await Rig.ImportAsync(Usage(1, 2));
        (import.Booked, import.Replayed).ShouldBe((1, 1));
        (await Rig.Ledger.RecordAsync("ann", "scan", 1, "old", Core.Time.Instant.FromUtc(new(2021, 3, 5, 0, 0, 0, DateTimeKind.Utc)))).Fault
            .ShouldBe(Engine.Ledger.GateFault.TooOld);
        (await Rig.BreaksAsync()).ShouldBeEmpty();
    }

    /// <summary>An import must not keep the gate from counting, and billing, what it decides later.</summary>
    [Fact]
    public async Task A_live_event_with_the_id_of_an_imported_one_counts_for_itself()
    {
        await Rig.ImportAsync(Usage(1, 2));
        (await Rig.Ledger.ConsumeAsync("ann", "scan", 1, "u-1")).Decision!.Allowed.ShouldBeTrue();
        (await Rig.Ledger.StandingAsync("ann", "scan")).Used.Value.ShouldBe(1);
        (await Rig.Ledger.ConsumeAsync("ann", "scan", 1, "u-1")).Replayed.ShouldBeTrue();
        (await Rig.ImportAsync(Usage(1, 2))).Replayed.ShouldBe(2);
        (await Rig.BreaksAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_project_opens_twenty_of_two_hundred_imports_at_once()
    {
        var sent = await Task.WhenAll(Enumerable.Range(1, 200).Select(i => Rig.SendAsync(Usage(i, 1))));
        sent.Count(static one => one.Outcome == ReceiveOutcome.Received).ShouldBe(20);
        sent.Count(static one => one.Outcome == ReceiveOutcome.TooMany).ShouldBe(180);
        await Rig.RunAsync();
        (await Rig.SendAsync(Usage(1, 1))).Outcome.ShouldBe(ReceiveOutcome.Received);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z", "not possible")]
    [InlineData("1969-12-31T23:59:59Z", "not possible")]
    [InlineData("2099-01-01T00:00:00Z", "in the future")]
    [InlineData("2021-02-30T00:00:00Z", "ISO 8601")]
    [InlineData("2021-03-05 10:00:00", "ISO 8601")]
    public async Task An_impossible_time_is_rejected(string at, string reason)
    {
        var import = await Rig.ImportAsync(Usage(1, 1, at: at) + Call("l-1").Replace("2021-03-05T10:00:00Z", at, StringComparison.Ordinal));
        (import.Booked, import.Rejected).ShouldBe((0, 2));
        (await Rig.Queries.RejectionsAsync(import.Id, CancellationToken.None)).ShouldAllBe(
            one => one.Fault.Detail.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dry_run_says_what_a_run_does_and_books_nothing()
    {
        await Rig.ImportAsync(Usage(1, 2));
        var body = Usage(1, 5) + Usage(4, 1) + Usage(2, 1, quantity: 7) + "{\"kind\":\"customers\",\"id\":\"bob\"}\n" + Call("l-1", "bob")
            + Call("l-1", "bob") + Call("l-1", "bob", "1");
        var dry = await Rig.ImportAsync(body, dryRun: true);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM customers WHERE id = 'bob'")).ShouldBe(0);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(2);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM import_seen")).ShouldBe(0);
        var real = await Rig.ImportAsync(body);
        (dry.Records, dry.Booked, dry.Replayed, dry.Rejected).ShouldBe((real.Records, real.Booked, real.Replayed, real.Rejected));
        (real.Booked, real.Replayed, real.Rejected).ShouldBe((5, 4, 2));
    }

    [Fact]
    public async Task Ten_thousand_broken_lines_are_counted_and_a_thousand_are_listed()
    {
        var import = await Rig.ImportAsync(string.Concat(Enumerable.Repeat("{\"kind\":\"usage\"\n", 10_000)) + Usage(1, 1));
        (import.Records, import.Booked, import.Rejected).ShouldBe((10_001, 1, 10_000));
        (await Rig.Queries.RejectionsAsync(import.Id, CancellationToken.None)).Count.ShouldBe(ImportLimits.Listed);
    }

    [Fact]
    public async Task Projects_do_not_see_each_others_history()
    {
        await Rig.Ledger.AddProjectAsync("other", ImportRig.Catalogue);
        var import = await Rig.ImportAsync(Usage(1, 3));
        var other = Rig.Ledger.Directory.Find("other")!;
        (await Rig.Queries.FindAsync(other, import.Id, CancellationToken.None)).ShouldBeNull();
        (await Rig.Queries.ListAsync(other, null, null, 10, CancellationToken.None)).ShouldBeEmpty();
        (await Database.ScalarAsync<long>(
            $"SELECT count(*) FROM customers WHERE project_id = {other.Id}")).ShouldBe(0);
    }

    [Fact]
    public async Task Customers_are_completed_and_never_overwritten()
    {
        await Rig.ImportAsync("""{"kind":"customers","id":"ann","name":"Ann","metadata":{"a":"1"}}""");
        var import = await Rig.ImportAsync(
            """
            {"kind":"customers","id":"ann","name":"Other","email":"ann@example.com","metadata":{"a":"2","b":"3"}}
            {"kind":"customers","id":"ann","name":"Other","email":"ann@example.com","metadata":{"a":"2","b":"3"}}
            """);
        (import.Booked, import.Replayed).ShouldBe((1, 1));
        (await Database.ScalarAsync<string>("SELECT name || ' ' || email || ' ' || metadata FROM customers WHERE id = 'ann'"))
            .ShouldBe("""Ann ann@example.com {"a": "1", "b": "3"}""");
    }

    [Theory]
    [InlineData("imported_usage", "UPDATE imported_usage_days SET quantity = quantity + 1")]
    [InlineData("imported_usage", "UPDATE events SET quantity = quantity + 1 WHERE feature <> 0")]
    [InlineData("call_days", "UPDATE call_days SET calls = calls + 1")]
    public async Task Tampered_history_is_found(string kind, string tamper)
    {
        await Rig.ImportAsync(Usage(1, 3) + Call("l-1"));
        (await Rig.BreaksAsync()).ShouldBeEmpty();
        await Database.ExecuteAsync(tamper);
        (await Rig.BreaksAsync()).Select(static finding => finding.Kind).ShouldContain(kind);
    }
}
