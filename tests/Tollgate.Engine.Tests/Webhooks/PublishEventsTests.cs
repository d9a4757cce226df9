using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Engine.Webhooks;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Webhooks;

/// <summary>Facts are the outbox: events, deliveries and the position up to which facts are published commit together.</summary>
public sealed class PublishEventsTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private LedgerRig? _rig;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, GatePolicyTests.Shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task A_publisher_that_fails_half_way_has_published_nothing_and_the_next_one_publishes_all_of_it_once()
    {
        await _database!.ExecuteAsync(
            "INSERT INTO webhook_projects (project_id, published_below) SELECT id, pg_snapshot_xmin(pg_current_snapshot()) FROM projects");
        await _rig!.ConsumeAsync("u1", "job", 8);
        await _rig.ConsumeAsync("u2", "job", 8);
        var publish = new PublishEvents(_database.Source);

        // Facts are published when no older transaction runs; a transaction of another test may delay them for a moment.
        var isAsked = false;
        await UntilAsync(async () =>
        {
            try
            {
                await PublishAsync((_, _, _) =>
                    Task.FromResult<Func<FactToPublish, string>>(_ => throw new TimeoutException("Payloads could not be written.")));
            }
            catch (TimeoutException)
            {
                isAsked = true;
            }

            return isAsked;
        });
        (await EventsAsync()).ShouldBe(0);

        var told = 0;
        await UntilAsync(async () => (told += await PublishAsync(TellAsync)) >= 2);
        (told, await EventsAsync()).ShouldBe((2, 2));
        (await PublishAsync(TellAsync)).ShouldBe(0);
        (await EventsAsync()).ShouldBe(2);
        (await _database.ScalarAsync<long>("SELECT count(DISTINCT object) FROM webhook_events WHERE sequence = 1")).ShouldBe(2);

        Task<int> PublishAsync(BuildPayloads tell) => publish.RunAsync(_rig.Project, tell, CancellationToken.None);
        Task<long> EventsAsync() => _database.ScalarAsync<long>("SELECT count(*) FROM webhook_events");
    }

    private static Task<Func<FactToPublish, string>> TellAsync(
        ProjectSnapshot project, IReadOnlyList<FactToPublish> facts, CancellationToken cancel) =>
        Task.FromResult<Func<FactToPublish, string>>(static fact => $$"""{"sequence": {{fact.Sequence}}}""");
}
