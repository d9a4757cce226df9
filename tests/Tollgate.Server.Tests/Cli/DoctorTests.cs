using System.Globalization;
using System.Text.Json;
using Tollgate.Engine.Postgres;
using Tollgate.Server.Cli;
using Tollgate.Server.Hosting;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate doctor</c>: its checks, and its findings with and without a server.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class DoctorTests(RunningServer running)
{
    private const long Giga = 1024L * 1024 * 1024;

    private static readonly DatabaseFacts Healthy = new("17.2", "UTC", 200, 3, 12, TimeSpan.Zero, TimeSpan.Zero);

    [Theory]
    [InlineData(0.5, Health.Fail)]
    [InlineData(5.9, Health.Warn)]
    [InlineData(6.1, Health.Ok)]
    public void A_disk_fills_up(double gigabytes, object health) =>
        DoctorRules.Disk("/srv", (long)(gigabytes * Giga)).Health.ShouldBe((Health)health);

    [Theory]
    [InlineData(-6, Health.Warn)]
    [InlineData(6, Health.Warn)]
    [InlineData(4, Health.Ok)]
    public void A_clock_drifts(int seconds, object health) =>
        DoctorRules.Clock(TimeSpan.FromSeconds(seconds)).Health.ShouldBe((Health)health);

    [Theory]
    [InlineData(1_024L, Health.Warn)]
    [InlineData(20_000L, Health.Ok)]
    [InlineData(600L, Health.Fail)]
    [InlineData(null, Health.Ok)]
    public void Files_are_few(long? limit, object health)
    {
        var faults = new List<string>();
        var budget = SocketBudget.Read(static _ => null, limit, new DatabaseOptions(), 2, faults);
        DoctorRules.Files("the server", limit, budget, faults).Health.ShouldBe((Health)health);
    }

    [Fact]
    public void A_database_is_judged_line_by_line()
    {
        DoctorRules.Database(Healthy, [], 20, 2).ShouldAllBe(static line => line.Health == Health.Ok && line.Advice == null);
        HealthOf(Healthy, ["Its fsync is off: a power cut can destroy it. Set fsync = on."], "durability").ShouldBe(Health.Fail);
        HealthOf(Healthy with { MostConnections = 30 }, [], "connections").ShouldBe(Health.Fail);
        HealthOf(Healthy with { Connections = 190 }, [], "connections").ShouldBe(Health.Warn);
        HealthOf(Healthy with { TimeZone = "Africa/Cairo" }, [], "time zone").ShouldBe(Health.Warn);
        HealthOf(Healthy with { OldestTransaction = TimeSpan.FromMinutes(6) }, [], "transactions").ShouldBe(Health.Warn);

        static Health HealthOf(DatabaseFacts facts, IReadOnlyList<string> risks, string check) =>
            DoctorRules.Database(facts, risks, 20, 2).Single(line => line.Check == check).Health;
    }

    [Theory]
    [InlineData("k1", "k1", true, false, Health.Ok)]
    [InlineData("k2", "k1", true, true, Health.Fail)]
    [InlineData(null, "k1", true, false, Health.Fail)]
    [InlineData(null, "k1", true, true, Health.Skip)]
    [InlineData(null, null, true, false, Health.Ok)]
    [InlineData("k1", null, false, false, Health.Ok)]
    [InlineData(null, null, false, false, Health.Skip)]
    public void A_master_key_is_the_databases(string? id, string? current, bool isKnown, bool isServing, object health) =>
        DoctorRules.MasterKey("master.key", id is null ? [] : [id], current, isKnown, isServing).Health.ShouldBe((Health)health);

    [Theory]
    [InlineData("", "")]
    [InlineData("tollgate_queue_depth{lane=\"0\"} 9000\ntollgate_queue_depth{lane=\"1\"} 2\n", "queue")]
    [InlineData("tollgate_loop_failures_total{loop=\"send_mails\"} 3\n", "loops")]
    [InlineData("tollgate_webhooks_lag_seconds 31.5\n", "webhooks")]
    [InlineData("tollgate_webhooks_waiting 10001\n", "webhooks")]
    [InlineData("tollgate_webhooks_disabled{reason=\"manual\"} 4\ntollgate_webhooks_lag_seconds 1e-05\n", "")]
    [InlineData("tollgate_webhooks_disabled{reason=\"gone\"} 1\n", "webhooks")]
    [InlineData("# HELP x y\ntollgate_connections_refused_total{reason=\"full\"} 2\n", "clients")]
    public void Metrics_are_judged(string metrics, string warned)
    {
        var lines = DoctorRules.Metrics(DoctorRules.Read(metrics)).ToList();
        string.Join(',', lines.Where(static line => line.Health == Health.Warn).Select(static line => line.Check)).ShouldBe(warned);
        lines.Where(static line => line.Health == Health.Warn).ShouldAllBe(static line => line.Advice != null);
        lines.Select(static line => line.Check).Append("parked").ShouldBe(DoctorRules.Inside);
    }

    [Fact]
    public async Task A_running_server_is_looked_at_from_all_sides()
    {
        var environment =
            new Dictionary<string, string>
            {
                ["TOLLGATE_DATABASE"] = running.ConnectionString, ["TOLLGATE_MASTER_KEY"] = TestServer.SharedMasterKey,
            };
        var (code, text) = await ServerProcess.RunAsync(environment, "doctor", "--data", running.Server.Data, "--json");
        var report = JsonElement.Parse(text);
        var checks = report.GetProperty("checks").EnumerateArray()
            .ToDictionary(static one => one.GetProperty("check").GetString()!, static one => one.GetProperty("status").GetString()!);
        checks.Keys.ShouldBe(
            ["disk", "file limit", "master key", "postgres", "durability", "connections", "time zone", "transactions", "clock", "server",
                "ready", .. DoctorRules.Inside], ignoreOrder: true, text);
        checks.Values.ShouldNotContain("skip", text);
        (checks["master key"], checks["server"], checks["ready"], checks["postgres"]).ShouldBe(("ok", "ok", "ok", "ok"), text);

        // Tests run on a PostgreSQL that need not survive a power cut.
        var fails = checks.Where(static check => check.Value == "fail").Select(static check => check.Key).ToList();
        (code, report.GetProperty("healthy").GetBoolean()).ShouldBe(fails.Count == 0 ? (0, true) : (1, false), text);
        fails.Except(["durability", "connections"]).ShouldBeEmpty(text);
    }

    [Fact]
    public async Task Without_a_server_it_says_what_it_could_not_check()
    {
        using var folder = TestFolder.Create();
        var port = TestServer.FreePort().ToString(CultureInfo.InvariantCulture);
        var (code, text) = await ServerProcess.RunAsync(new Dictionary<string, string> { ["TOLLGATE_PORT"] = port }, "doctor", "--data",
            folder.Combine("none"));
        code.ShouldBe(0, text);
        text.ShouldContain($"ok    port          127.0.0.1 port {port} is free");
        text.ShouldContain($"warn  data folder   {folder.Combine("none")} does not exist");
        text.ShouldContain("skip  postgres      no PostgreSQL runs in");
        text.ShouldContain("skip  parked        not checked: no server is known");

        var (away, told) = await ServerProcess.RunAsync(
            "doctor", "--data", folder.Combine("none"), "--url", $"http://127.0.0.1:{port}", "--key", "tg_ad_secret");
        away.ShouldBe(1, told);
        told.ShouldContain("fail  server        No server answers");
        told.ShouldContain("skip  queue         not checked: no server answers");
        told.ShouldNotContain("tg_ad_secret");

        // The port of the last start, not the default.
        await File.WriteAllTextAsync(folder.Combine("keys.env"), $"TOLLGATE_URL=http://127.0.0.1:{port}\nTOLLGATE_ADMIN_KEY=tg_ad_none\n");
        (await ServerProcess.RunAsync("doctor", "--data", folder.Path)).Output.ShouldContain($"port {port} is free");
    }
}
