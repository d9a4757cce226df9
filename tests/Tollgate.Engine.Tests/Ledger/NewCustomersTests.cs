using Tollgate.Core.Money;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Quotas;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>The rate at which a project may create customers by using them.</summary>
public sealed class NewCustomersTests(TestPostgres postgres)
{
    private const string Catalog =
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scans, name: Scans}]
        plans:
          - {code: free, name: Free, entitlements: [{feature: scans, quota: 1000000}]}
        """;

    [Fact]
    public async Task Beyond_the_limit_first_uses_are_refused_and_known_customers_are_served()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, Catalog, new LedgerOptions { NewCustomersPerMinute = 60 });

        // Facts are recorded in full; afterwards the project has to wait a minute.
        var events = Enumerable.Range(0, 120).Select(i => new EventOrder($"e{i}", $"c{i}", "scans", Quantity.One, null, null, false))
            .ToArray();
        (await rig.Gate.RecordAsync(rig.Project, events, CancellationToken.None)).ShouldAllBe(static answer =>
            answer.Fault == GateFault.None);

        (await rig.ConsumeAsync("stranger", "scans")).Fault.ShouldBe(GateFault.CustomersLimited);
        (await rig.ReserveAsync("stranger", "scans", 1)).Fault.ShouldBe(GateFault.CustomersLimited);
        (await rig.ConsumeAsync("c7", "scans")).Fault.ShouldBe(GateFault.None);
        (await database.ScalarAsync<long>("SELECT count(*) FROM customers")).ShouldBe(120);
    }

    [Fact]
    public async Task Facts_wait_and_other_projects_do_not()
    {
        var created = new NewCustomers(perMinute: 60_000);
        created.MayCreate(1).ShouldBeTrue();
        created.Created(1, 120_000);

        created.MayCreate(1).ShouldBeFalse();
        created.MayCreate(2).ShouldBeTrue();
        await created.WaitAsync(2, CancellationToken.None);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<OperationCanceledException>(created.WaitAsync(1, soon.Token).AsTask());
    }

    [Fact]
    public async Task The_wait_ends_when_the_project_may_create_again()
    {
        var created = new NewCustomers(perMinute: 600_000);
        created.Created(1, 601_000);

        await created.WaitAsync(1, CancellationToken.None);

        created.MayCreate(1).ShouldBeTrue();
    }
}
