using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Catalog;

/// <summary>Catalogues in the real database: immutable versions, stable numbers, one publisher at a time.</summary>
public sealed class PublishCatalogTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    private static readonly CatalogDocument First = new()
    {
        Code = "shop",
        Name = "Shop",
        DefaultPlan = "free",
        Features = [
            new() { Code = "scan", Name = "Scan", SortOrder = 1 },
            new() { Code = "sync", Name = "Sync", Kind = FeatureKind.Switch, SortOrder = 2 }],
        Plans =
        [
            new() { Code = "free", Name = "Free", SortOrder = 1, Entitlements = [new() { Feature = "scan", Quota = Quantity.Of(2) }] },
            new()
            {
                Code = "pro",
                Name = "Pro",
                SortOrder = 2,
                Prices = [new(PriceInterval.Monthly, "USD", 1000, 0)],
                Entitlements = [new() { Feature = "scan", Quota = Quantity.Of(30) }, new() { Feature = "sync", Enabled = true }],
            },
        ],
    };

    private static readonly CatalogDocument Second = First with
    {
        Plans = [
            First.Plans[0],
            First.Plans[1] with { Entitlements = [new() { Feature = "scan", Quota = Quantity.Of(40) }, First.Plans[1].Entitlements[1]] }],
    };

    [Fact]
    public async Task A_new_version_is_made_only_of_plans_that_changed_and_old_ones_stay_as_they_were()
    {
        var project = await CreateProjectAsync("versions");
        (await PublishAsync(project, First)).NewPlanVersions.ShouldBe(["free", "pro"]);
        var before = await LoadAsync(project);

        (await PublishAsync(project, Second)).NewPlanVersions.ShouldBe(["pro"]);

        var after = await LoadAsync(project);
        after.Revision.ShouldBe(2);
        after.Plans["free"].Id.ShouldBe(before.Plans["free"].Id);
        after.Plans["pro"].Number.ShouldBe(2);
        var scan = after.Features["scan"].Key;
        after.Plans["pro"].Entitlements[scan].Quota.ShouldBe(Quantity.Of(40));
        after.PlanVersions[before.Plans["pro"].Id].Entitlements[scan].Quota.ShouldBe(Quantity.Of(30));
        after.ETag.ShouldBe(CatalogWriter.ETagOf(Second));
    }

    [Fact]
    public async Task The_same_catalogue_again_writes_nothing_and_going_back_makes_a_new_version()
    {
        var project = await CreateProjectAsync("same");
        await PublishAsync(project, First);

        (await PublishAsync(project, First)).Outcome.ShouldBe(PublishOutcome.Unchanged);
        await PublishAsync(project, Second);
        (await PublishAsync(project, First)).NewPlanVersions.ShouldBe(["pro"]);

        var catalog = await LoadAsync(project);
        catalog.Revision.ShouldBe(3);
        catalog.Plans["pro"].Number.ShouldBe(3);
        catalog.ETag.ShouldBe(CatalogWriter.ETagOf(First));
    }

    [Fact]
    public async Task A_dropped_feature_keeps_its_number_and_its_definition()
    {
        var project = await CreateProjectAsync("dropped");
        await PublishAsync(project, First);
        var number = (await LoadAsync(project)).Features["sync"].Key;
        var without = First with
        {
            Features = [First.Features[0]],
            Plans = [First.Plans[0], First.Plans[1] with { Entitlements = [First.Plans[1].Entitlements[0]] }],
        };

        await PublishAsync(project, without);
        var dropped = await LoadAsync(project);
        dropped.Features.ContainsKey("sync").ShouldBeFalse();
        dropped.FeaturesByKey[number].Feature.Kind.ShouldBe(FeatureKind.Switch);

        await PublishAsync(project, First);
        (await LoadAsync(project)).Features["sync"].Key.ShouldBe(number);
    }

    [Fact]
    public async Task One_of_several_publishers_of_the_same_catalogue_wins()
    {
        var project = await CreateProjectAsync("race");
        var seen = (await PublishAsync(project, First)).ETag;

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            PublishAsync(project, First with { Name = $"Shop {i}" }, seen)));

        all.Count(p => p.Outcome == PublishOutcome.Published).ShouldBe(1);
        all.Count(p => p.Outcome == PublishOutcome.Stale).ShouldBe(7);
        (await LoadAsync(project)).Revision.ShouldBe(2);
    }

    [Fact]
    public async Task Versions_in_memory_are_not_read_again_and_none_is_missing()
    {
        var project = await CreateProjectAsync("grows");
        await PublishAsync(project, First);
        var first = await LoadAsync(project);
        await PublishAsync(project, First with { Plans = [.. First.Plans.Select(static plan => plan with { Name = plan.Name + "!" })] });

        await using var connection = await fresh.Source.OpenConnectionAsync();
        var second = await CatalogQueries.LoadAsync(connection, project, first, CancellationToken.None);
        var whole = await LoadAsync(project);

        second.Revision.ShouldBe(2);
        second.PlanVersions.Keys.ShouldBe(whole.PlanVersions.Keys, ignoreOrder: true);
        second.Plans.ToDictionary(static pair => pair.Key, static pair => pair.Value.Id)
            .ShouldBe(whole.Plans.ToDictionary(static pair => pair.Key, static pair => pair.Value.Id), ignoreOrder: true);
        first.PlanVersions.Values.All(known => ReferenceEquals(known, second.PlanVersions[known.Id])).ShouldBeTrue("they were made once");
    }

    [Fact]
    public async Task A_project_publishes_only_so_many_bytes_of_plan_versions()
    {
        var project = await CreateProjectAsync("endless");
        await PublishAsync(project, First);
        await fresh.Database.ExecuteAsync(
            "INSERT INTO plan_versions (project_id, plan, version, document) SELECT $1, 'old', g, jsonb_build_object('filler', repeat('x', "
                + "1048576)) FROM generate_series(1, 32) AS g",
            project);

        (await PublishAsync(
            project, First with { Plans = [.. First.Plans.Select(static plan => plan with { Name = plan.Name + "!" })] })).Outcome.ShouldBe(
            PublishOutcome.TooMuch);
        (await PublishAsync(project, First)).Outcome.ShouldBe(PublishOutcome.Unchanged);
    }

    [Fact]
    public async Task A_project_publishes_only_so_many_features_in_its_life()
    {
        var project = await CreateProjectAsync("inventive");
        await PublishAsync(project, First);
        await fresh.Database.ExecuteAsync(
            "INSERT INTO features (project_id, code, document) SELECT $1, 'old_' || g, '{}' FROM generate_series(1, "
                + "$2 - (SELECT count(*) FROM features WHERE project_id = $1)) AS g",
            project, (long)CatalogLimits.FeaturesEver);

        var more = First with { Features = [.. First.Features, First.Features[0] with { Code = "one_more", Meters = [] }] };
        (await PublishAsync(project, more)).Outcome.ShouldBe(PublishOutcome.TooManyFeatures);
        (await PublishAsync(
            project,
            First with { Features = [.. First.Features.Select(static one => one with { Name = one.Name + "!" })] })).Outcome.ShouldBe(
            PublishOutcome.Published);
    }

    [Fact]
    public async Task Servers_hear_of_it_with_the_commit()
    {
        var project = await CreateProjectAsync("heard");
        await using var listener = await fresh.Source.OpenConnectionAsync();
        var heard = new TaskCompletionSource<string>();
        listener.Notification += (_, notice) => heard.TrySetResult(notice.Payload);
        await using (var listen = new NpgsqlCommand("LISTEN tollgate_changed", listener))
        {
            await listen.ExecuteNonQueryAsync();
        }

        await PublishAsync(project, First);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!heard.Task.IsCompleted)
        {
            await listener.WaitAsync(limit.Token);
        }

        (await heard.Task).ShouldBe($"catalog:{project}");
    }

    [Fact]
    public async Task A_dry_run_counts_who_is_affected_and_writes_nothing()
    {
        var project = await CreateProjectAsync("preview");
        await PublishAsync(project, First);
        var pro = (await LoadAsync(project)).Plans["pro"].Id;
        await AddCustomersAsync(project, 3, null);
        await AddCustomersAsync(project, 2, pro);

        var onPro = await new PreviewCatalog(fresh.Source).RunAsync(project, Second, CancellationToken.None);
        (onPro.AffectedCustomers, onPro.PinnedCustomers).ShouldBe((0, 2));
        onPro.Diff.Changes.ShouldHaveSingleItem().ToString().ShouldBe("pro · scan: quota 30 → 40");

        var cheaper = First with { Plans = [First.Plans[0] with { Entitlements = [] }, First.Plans[1]] };
        var onFree = await new PreviewCatalog(fresh.Source).RunAsync(project, cheaper, CancellationToken.None);
        (onFree.AffectedCustomers, onFree.PinnedCustomers).ShouldBe((3, 0));

        var moved = await new PreviewCatalog(fresh.Source).RunAsync(project, First with { DefaultPlan = "pro" }, CancellationToken.None);
        (moved.AffectedCustomers, moved.PinnedCustomers).ShouldBe((3, 0));
        (await LoadAsync(project)).Revision.ShouldBe(1);
    }

    [Fact]
    public async Task A_project_without_a_catalogue_has_a_plan_that_grants_nothing()
    {
        var catalog = await LoadAsync(await CreateProjectAsync("nothing"));
        catalog.Revision.ShouldBe(0);
        catalog.DefaultPlan.Entitlements.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_shipped_catalogue_survives_the_database()
    {
        foreach (string file in CatalogFilesTests.Files)
        {
            var document = CatalogFilesTests.Read(file);
            var project = await CreateProjectAsync(document.Code);
            await PublishAsync(project, document);

            var loaded = await LoadAsync(project);
            CatalogWriter.ToYaml(loaded.Document).ShouldBe(CatalogWriter.ToYaml(document));
            (await PublishAsync(project, document)).Outcome.ShouldBe(PublishOutcome.Unchanged);
            loaded.MetersByEventType.Count.ShouldBeGreaterThan(0);
        }
    }

    private Task<Publication> PublishAsync(int project, CatalogDocument document, string? ifMatch = null) =>
        new PublishCatalog(fresh.Source).PublishAsync(project, document, ifMatch, CancellationToken.None);

    private async Task<PublishedCatalog> LoadAsync(int project)
    {
        await using var connection = await fresh.Source.OpenConnectionAsync();
        return await CatalogQueries.LoadAsync(connection, project, null, CancellationToken.None);
    }

    private Task<int> CreateProjectAsync(string code) =>
        fresh.Database.ScalarAsync<int>("INSERT INTO projects (code, name, mode) VALUES ($1, $1, 'live') RETURNING id", code);

    private Task AddCustomersAsync(int project, int count, int? planVersion) => fresh.Database.ExecuteAsync(
        """
        INSERT INTO customers (partition, account, project_id, id, plan_version_id)
        SELECT 0, nextval('account_numbers'), $1, $3 || n, nullif($4, 0) FROM generate_series(1, $2) n
        """,
        project, count, $"{planVersion}-", planVersion ?? 0);
}
