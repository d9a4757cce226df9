using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Metering;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Searches among events, which end at a limit.</summary>
public sealed class SearchLimitTests(TestPostgres postgres)
{
    private static readonly EventFilter Everybodys = new(null, "none", null, new(0), new(4_000_000_000_000_000), null);

    [Fact]
    public async Task A_search_that_takes_too_long_is_given_up_in_the_database_too()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Should.ThrowAsync<SearchTooLongException>(() => SearchLimit.RunAsync(
            TimeSpan.FromMilliseconds(200),
            async limited =>
            {
                await using var command = database.Source.CreateCommand("SELECT pg_sleep(300)");
                return await command.ExecuteNonQueryAsync(limited);
            },
            CancellationToken.None));
        await Eventually.UntilAsync(
            async () =>
                await database.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(300)%' AND state = 'active'") == 0);
    }

    [Fact]
    public async Task A_caller_who_leaves_is_not_told_that_it_took_too_long()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() =>
            SearchLimit.RunAsync(TimeSpan.FromHours(1), static limited => Task.FromCanceled<int>(limited), gone.Token));
    }

    [Fact]
    public async Task A_list_is_bounded_whether_it_names_a_customer_or_not()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, GatePolicyTests.Shop);
        await rig.ConsumeAsync("ann", "job");
        var queries = new EventQueries(database.Connections) { LongestSearch = TimeSpan.FromMilliseconds(100) };
        var held = await database.Source.OpenConnectionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE events", held))
        {
            await hold.ExecuteNonQueryAsync();
        }

        await Should.ThrowAsync<SearchTooLongException>(() => queries.ListAsync(rig.Project, Everybodys, 10, CancellationToken.None));
        await Should.ThrowAsync<SearchTooLongException>(() =>
            queries.ListAsync(rig.Project, Everybodys with { Customer = "ann" }, 10, CancellationToken.None));
        await held.DisposeAsync();
        queries = new EventQueries(database.Connections);
        (await queries.ListAsync(
            rig.Project, Everybodys with { Customer = "ann", Type = null }, 10, CancellationToken.None)).Count.ShouldBe(1);
    }
}
