using Npgsql;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Tests.Projects;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Llm;

public sealed class SetModelPricesTests(FreshDatabase fresh, TestPostgres postgres) : IClassFixture<FreshDatabase>
{
    private static ModelPrice PriceOf(string model) => new()
    {
        Provider = "p", Model = model, ValidFrom = Instant.Epoch,
        Prices = new Dictionary<LlmUnit, UnitPrice> { [LlmUnit.Input] = UnitPrice.Of(1.5m) },
        Tiers = [new(200_000, new Dictionary<LlmUnit, UnitPrice> { [LlmUnit.Input] = UnitPrice.Of(0.000000000003m) })],
        Aliases = ["also-" + model],
        ValidTo = Instant.FromUnixSeconds(4_000_000_000), Source = "test",
    };

    /// <summary>
    /// A price with a lower number that commits later would be overlooked, because the newest number was already seen.
    /// </summary>
    [Fact]
    public async Task A_price_waits_for_those_that_were_begun_before_it()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var project = await server.CreateProjectAsync("crowded");
        await using var other = await fresh.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var begun = new NpgsqlCommand(
            """
            SELECT pg_advisory_xact_lock(7234000, 6);
            INSERT INTO model_prices (provider, model, valid_from, document)
            VALUES ('p', 'early', '1970-01-01Z', '{"provider": "p", "model": "early", "aliases": [], "currency": "USD", "source": "test",
                    "valid_from": "1970-01-01T00:00:00Z", "prices": {"input": "1"}, "tiers": []}')
            """, other))
        {
            await begun.ExecuteNonQueryAsync();
        }

        var late = new SetModelPrices(fresh.Source, server.Directory).RunAsync(null, [PriceOf("late")], CancellationToken.None);
        await Task.WhenAny(late, Task.Delay(TimeSpan.FromMilliseconds(500)));
        late.IsCompleted.ShouldBeFalse();

        await transaction.CommitAsync();
        await late;
        var book = server.Directory.Current.ProjectsById[project.Id].Prices;
        book.Find("p", "early", Instant.FromUnixSeconds(1)).ShouldNotBeNull();
        book.Find("p", "late", Instant.FromUnixSeconds(1)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_price_comes_back_from_the_database_as_it_was_set()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var project = await server.CreateProjectAsync("exact");
        var price = PriceOf("exact");
        await new SetModelPrices(fresh.Source, server.Directory).RunAsync(project.Id, [price], CancellationToken.None);
        var found = server.Directory.Current.ProjectsById[project.Id].Prices.Find(null, "also-exact", Instant.FromUnixSeconds(1))
            .ShouldNotBeNull();
        PriceRules.ChargeTheSame(found, price).ShouldBeTrue();
        (found.Provider, found.Model, found.ValidFrom, found.ValidTo, found.Source, found.Aliases[0])
            .ShouldBe((price.Provider, price.Model, price.ValidFrom, price.ValidTo, price.Source, price.Aliases[0]));
    }

    [Fact]
    public async Task A_project_has_only_so_many_prices_of_its_own()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var (project, other) = (await server.CreateProjectAsync("bargains"), await server.CreateProjectAsync("modest"));
        var set = new SetModelPrices(fresh.Source, server.Directory);
        await set.RunAsync(project.Id, [PriceOf("first")], CancellationToken.None);
        await fresh.Database.ExecuteAsync(
            "INSERT INTO model_prices (project_id, provider, model, valid_from, document) SELECT project_id, provider, model, valid_from, "
                + "document FROM model_prices, generate_series(1, $2) WHERE project_id = $1",
            project.Id, PriceRules.MostOwnPrices - 2);

        (await set.RunAsync(project.Id, [PriceOf("a"), PriceOf("b")], CancellationToken.None)).ShouldBeNull();
        (await set.ImportAsync(
            project.Id, [PriceOf("a"), PriceOf("b")], Instant.FromUnixSeconds(1), dryRun: false, CancellationToken.None)).ShouldBeNull();
        (await set.RunAsync(project.Id, [PriceOf("last")], CancellationToken.None)).ShouldNotBeNull();
        (await set.RunAsync(project.Id, [PriceOf("more")], CancellationToken.None)).ShouldBeNull();
        (await set.RunAsync(other.Id, [PriceOf("more")], CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_project_has_only_so_many_upstreams()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var (crowded, other) = (await server.CreateProjectAsync("upstreams"), await server.CreateProjectAsync("few-upstreams"));
        await fresh.Database.ExecuteAsync(
            "INSERT INTO upstreams (project_id, provider, secrets) SELECT $1, 'n' || g, '' FROM generate_series(1, $2) AS g", crowded.Id,
            UpstreamRules.MostUpstreams);
        await server.Directory.RefreshAsync(CancellationToken.None);
        var (upstreams, project) = (new Upstreams(fresh.Source, server.Directory), server.Directory.Current.ProjectsById[crowded.Id]);

        (await upstreams.SetAsync(project, "one-more", null, [1], null, CancellationToken.None)).ShouldBeNull();
        (await upstreams.SetAsync(project, "n1", null, [1], null, CancellationToken.None)).ShouldNotBeNull();
        (await upstreams.SetAsync(
            server.Directory.Current.ProjectsById[other.Id], "one", null, [1], null, CancellationToken.None)).ShouldNotBeNull();
        (await upstreams.RemoveAsync(project, "n2", CancellationToken.None)).ShouldBeTrue();
        (await upstreams.SetAsync(project, "one-more", null, [1], null, CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_empty_book_is_filled_once_by_whoever_comes_first()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var server = new ProjectsWorld(database);
        var project = await server.CreateProjectAsync("filled");
        var set = new SetModelPrices(database.Source, server.Directory);
        var own = new Dictionary<string, IReadOnlyList<ModelPrice>> { ["filled"] = [PriceOf("own")], ["nobody"] = [PriceOf("lost")] };
        var filled = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(_ => set.FillAsync([PriceOf("shared")], own, CancellationToken.None)));
        filled.Count(did => did).ShouldBe(1);
        var rows = await new PriceQueries(database.Source).ListAsync(new(project.Id, null, null, null), 10, CancellationToken.None);
        rows.Select(row => $"{row.Price.Model} {row.IsOwn}").ShouldBe(["own True", "shared False"]);
    }
}
