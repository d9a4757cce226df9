using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Costs;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Costs;

/// <summary>A caller that invents a model for each call does not make any read of costs larger.</summary>
public sealed class CostQueriesTests(TestPostgres postgres) : IAsyncLifetime
{
    private const int Models = 3_000;

    /// <summary>More days than <see cref="CostBreakdown.MostNames"/>, of which none may be missing.</summary>
    private static readonly DayRange Days = new(new(2020, 1, 1), new DateOnly(2020, 1, 1).AddDays(1_099));

    private TestDatabase? _database;
    private CostRig? _rig;
    private CostQueries? _queries;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await CostRig.StartAsync(_database);
        _queries = new(_database.Connections, _rig.Fold);

        // One real call, so that the customer exists; the rollups of the invented models are written as a fold would. Model n costs n + 1
        // dollars.
        await _rig.RecordAsync(CostRig.Call("ann", "dear"));
        await _rig.FoldAllAsync();
        await _database.ExecuteAsync(
            $"""
            INSERT INTO call_days
            SELECT project_id, DATE '2020-01-01' + n % 1100, 'p' || n, 'm' || n, '', 'free', 1, 0, 0, 0, 10, 0, 5, n + 1
                   FROM call_days, generate_series(0, {Models - 1}) AS n;
            INSERT INTO call_customer_days
            SELECT partition, account, project_id, DATE '2020-01-01' + n % 1100, 'p' || n, 'm' || n, '', 1, 0, 0, 0, 10, 0, 5, n + 1
              FROM call_customer_days, generate_series(0, {Models - 1}) AS n;
            INSERT INTO call_latencies
            SELECT project_id, DATE '2020-01-01' + n % 1100, 'p' || n, 'm' || n, 10, n + 1
                   FROM call_days, generate_series(0, {Models - 1}) AS n WHERE model = 'dear';
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("ann")]
    public async Task A_breakdown_of_thousands_of_models_is_bounded_and_adds_up(string? customer)
    {
        var found = await _queries!.BreakdownAsync(_rig!.Project, Days, customer, CancellationToken.None);

        found.Total.Cost.ShouldBe(Quantity.Of(Models * (Models + 1) / 2));
        found.Days.Count.ShouldBe(1_100);
        foreach (var list in (IReadOnlyList<CostRow>[])[found.Providers, found.Models])
        {
            list.Count.ShouldBe(CostBreakdown.MostNames + 1);
            (list[0].Provider, list[0].Totals.Cost).ShouldBe(($"p{Models - 1}", Quantity.Of(Models)));
            (list[^1].Provider, list[^1].Totals.Calls).ShouldBe((CostBreakdown.Others, Models - CostBreakdown.MostNames));
        }

        found.Models[^1].Model.ShouldBe(CostBreakdown.Others);
        found.Providers[^1].Model.ShouldBeNull("The list is not by it.");
        foreach (var list in (IReadOnlyList<CostRow>[])[found.Days, found.Providers, found.Models, found.Features])
        {
            list.Aggregate(CallTotals.Zero, static (sum, row) => sum + row.Totals).ShouldBe(found.Total);
        }
    }

    [Theory]
    [InlineData(CostGroups.Provider | CostGroups.Model)]
    [InlineData(CostGroups.Provider)]
    [InlineData(CostGroups.Provider | CostGroups.Day)]
    [InlineData(CostGroups.Provider | CostGroups.Model | CostGroups.Month)]
    public async Task Latencies_are_read_of_the_lines_that_are_shown_only(CostGroups groups)
    {
        var rows = await _queries!.GroupsAsync(_rig!.Project, Days, groups, 5, null, CancellationToken.None);
        var latencies = new List<(int Row, long Calls)>();
        await foreach (var (row, latency) in _queries.LatenciesAsync(_rig.Project, Days, groups, rows, CancellationToken.None))
        {
            latencies.Add((row, latency.Calls));
        }

        rows.Count.ShouldBe(5);
        latencies.ShouldBe(
            rows.Select(static (row, at) => (at, (long)row.Totals.Cost.Value)), "n + 1 calls of model n have a latency.");
    }
}
