using Microsoft.Extensions.Logging;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Costs;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Llm;

public sealed class UnpricedModelsTests(TestPostgres postgres)
{
    [Fact]
    public async Task Callers_who_invent_names_do_not_fill_the_log()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await CostRig.StartAsync(database);
        var log = new Lines();
        var models = new UnpricedModels(database.Source, log);
        var now = rig.Ledger.Clock.Now(rig.Project);
        for (var call = 0; call < 3; call++)
        {
            await models.NoteAsync(
                rig.Project, [.. Enumerable.Range(0, 15).Select(i => ((string?)null, $"invented-{call}-{i}"))], now,
                TestContext.Current.CancellationToken);
        }

        log.Written.Count.ShouldBe(21);
        log.Written[^1].ShouldContain("GET /v1/unpriced-models lists all");
        (await models.ListAsync(rig.Project, 100, null, TestContext.Current.CancellationToken)).Count.ShouldBe(45);
    }

    private sealed class Lines : ILogger<UnpricedModels>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
