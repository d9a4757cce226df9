using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>
/// Effects after a month's end on things that began before it: reservations, ended grants, late events. Memory changes none of them.
/// </summary>
public sealed class LateUseTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scan, name: Scans}, {code: cv, name: CVs}, {code: job, name: Jobs}]
        plans:
          - code: free
            name: Free
            entitlements: [{feature: scan, quota: 10}, {feature: cv, quota: 1}, {feature: job, quota: 10}]
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private TestDatabase Database => _database!;

    private LedgerRig Rig => _rig!;

    /// <summary>The project on the last evening of January, and at noon of 2 February.</summary>
    private ProjectSnapshot January => Rig.Project with { TestClock = Moment(2027, 1, 31, 23) };

    private ProjectSnapshot February => Rig.Project with { TestClock = Moment(2027, 2, 2, 12) };

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop, new LedgerOptions { Lanes = 1 });
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        await Database.DisposeAsync();
    }

    [Fact]
    public async Task Holds_of_a_month_that_is_over_expire_whatever_is_used_next()
    {
        await Rig.StopSweepingAsync();
        foreach (var feature in (string[])["scan", "job"])
        {
            (await Rig.Gate.ReserveAsync(
                January, new("u1", [new(feature, Quantity.Of(4))], null, TimeSpan.FromMinutes(10)), CancellationToken.None)).Fault.ShouldBe(
                GateFault.None);
        }

        await Rig.Gate.ForgetAsync(February, "u1");
        (await ConsumeAsync(February, "cv", 1)).Decision!.Allowed.ShouldBeTrue();
        (await Database.ScalarAsync<decimal>("SELECT sum(held) FROM balances")).ShouldBe(0);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_void_gives_back_what_a_grant_paid_that_is_over_by_now()
    {
        await GrantAsync();
        var used = await ConsumeAsync(January, "cv", 3);
        (await Database.ScalarAsync<decimal>("SELECT used FROM grants")).ShouldBe(2);

        (await Rig.Gate.VoidAsync(February, used.Id!, "u1", CancellationToken.None)).Fault.ShouldBe(GateFault.None);
        (await Database.ScalarAsync<decimal>("SELECT used FROM grants")).ShouldBe(0);
        await ShouldVerifyAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Late_use_burns_the_grant_of_its_time_whether_or_not_it_is_in_memory(bool isForgotten)
    {
        await GrantAsync();
        (await Rig.Gate.StandingAsync(January, "u1", CancellationToken.None)).ShouldNotBeNull();
        if (isForgotten)
        {
            await Rig.Gate.ForgetAsync(February, "u1");
            (await Rig.Gate.StandingAsync(February, "u1", CancellationToken.None)).ShouldNotBeNull();
        }

        var late = (await Rig.Gate.RecordAsync(
            February, [new("late", "u1", "cv", Quantity.Of(3), Moment(2027, 1, 20, 0), null, Enforce: false)], CancellationToken.None))[0];
        late.Burned.Sum(static one => one.Amount.Value).ShouldBe(2, "the quota has one");
        late.Decision!.Outcome.ShouldBe(Outcome.WithinQuota);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_request_of_before_a_publication_is_decided_by_the_default_plan_of_today()
    {
        var before = Rig.Project;
        await Rig.ConsumeAsync("u1", "cv");
        var document = CatalogReader.ReadYaml(
            Shop.Replace("{feature: cv, quota: 1}", "{feature: cv, quota: 5}", StringComparison.Ordinal)).Document!;
        await new PublishCatalog(Database.Source).PublishAsync(before.Id, document, null, CancellationToken.None);
        await Eventually.UntilAsync(() => Rig.Project.Catalog.Revision > before.Catalog.Revision);
        (await Rig.ConsumeAsync("u1", "cv")).Decision!.Allowed.ShouldBeTrue();

        (await ConsumeAsync(before, "cv", 1)).Decision!.Standing!.Limit!.Value.Value.ShouldBe(5);
    }

    [Fact]
    public async Task A_lane_waits_for_a_table_that_somebody_locks_for_a_moment()
    {
        await Rig.ConsumeAsync("u1", "scan");
        await using var holder = await Database.Source.OpenConnectionAsync();
        await using var holding = await holder.BeginTransactionAsync();
        await using (var hold = holder.CreateCommand())
        {
            hold.CommandText = "LOCK TABLE customers, balances IN ACCESS EXCLUSIVE MODE";
            await hold.ExecuteNonQueryAsync();
        }

        var waiting = Rig.ConsumeAsync("u1", "scan");
        await Task.Delay(TimeSpan.FromMilliseconds(700), TestContext.Current.CancellationToken);
        waiting.IsCompleted.ShouldBeFalse();
        await holding.RollbackAsync();
        (await waiting).Fault.ShouldBe(GateFault.None);
    }

    /// <summary>An order of a checkout creates its customer, and waits in the same transaction for a coupon.</summary>
    [Fact]
    public async Task A_customer_that_somebody_is_creating_keeps_no_other_of_the_lane_waiting()
    {
        await Rig.ConsumeAsync("u1", "scan");
        var partition = CustomerPlace.PartitionOf(Rig.Project.Id, "born");
        await using var holder = await Database.Source.OpenConnectionAsync();
        await using var holding = await holder.BeginTransactionAsync();
        await using (var create = new Npgsql.NpgsqlCommand(CustomerSql.CreateMissing, holder))
        {
            create.Parameters.Add(new() { Value = new[] { partition } });
            create.Parameters.Add(new() { Value = new[] { Rig.Project.Id } });
            create.Parameters.Add(new() { Value = new[] { "born" } });
            create.Parameters.Add(new() { Value = Array.Empty<byte[]>() });
            await create.ExecuteNonQueryAsync();
        }

        var born = Rig.ConsumeAsync("born", "scan");
        var waiting = System.Diagnostics.Stopwatch.StartNew();
        for (var at = 0; at < 5; at++)
        {
            (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeTrue();
        }

        waiting.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(3), "the lane waited for the customer of somebody else");
        born.IsCompleted.ShouldBeFalse();
        await holding.CommitAsync();
        (await born).Decision!.Allowed.ShouldBeTrue();
    }

    /// <summary>Five CVs until the first of February.</summary>
    private Task GrantAsync() => new AddGrant(Rig.Changes, Rig.Clock).RunAsync(
        January, "u1", new("cv", Quantity.Of(5), GrantSource.TopUp, null, Moment(2027, 1, 1, 0), Moment(2027, 2, 1, 0), "pack"),
        CancellationToken.None);

    private async Task<GateAnswer> ConsumeAsync(ProjectSnapshot project, string feature, decimal amount) =>
        await Rig.Gate.ConsumeAsync(project, new("u1", feature, Quantity.Of(amount), null, null, null), CancellationToken.None);

    private static Instant Moment(int year, int month, int day, int hour) =>
        Instant.FromUtc(new(year, month, day, hour, 0, 0, DateTimeKind.Utc));

    private async Task ShouldVerifyAsync()
    {
        var report = await VerifyLedger.RunAsync(Database.Connections, null, null, CancellationToken.None);
        report.IsClean.ShouldBeTrue(
            string.Join('\n', report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {string.Join(", ", f.First)}")));
    }
}
