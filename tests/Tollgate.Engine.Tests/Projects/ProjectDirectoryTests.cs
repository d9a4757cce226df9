using Tollgate.Engine.Catalog;
using Tollgate.Engine.Projects;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Projects;

public sealed class ProjectDirectoryTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task A_refresh_holds_what_was_committed_before_it()
    {
        using var server = new ProjectsWorld(fresh.Database);
        await server.CreateProjectAsync("committed");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await fresh.Database.ExecuteAsync("INSERT INTO projects (code, name, mode) VALUES ($1, 'x', 'live')", $"many-{i}");
            await server.Directory.RefreshAsync();
            server.Directory.Find($"many-{i}").ShouldNotBeNull();
        }));
    }

    [Fact]
    public async Task Unchanged_objects_keep_their_identity()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var changed = await server.CreateProjectAsync("changed");
        var same = await server.CreateProjectAsync("same");
        var before = server.Directory.Current;
        await new PublishCatalog(fresh.Source).PublishAsync(
            changed.Id, ProjectsWorld.Catalog("changed") with { Name = "Another name" }, null, CancellationToken.None);
        await server.Directory.RefreshAsync();
        var after = server.Directory.Current;

        after.ProjectsById[same.Id].ShouldBeSameAs(before.ProjectsById[same.Id]);
        after.ProjectsById[changed.Id].ShouldNotBeSameAs(before.ProjectsById[changed.Id]);
        after.ProjectsById[changed.Id].Catalog.Document.Name.ShouldBe("Another name");
        var key = KeyHash.Of(same.SecretKey.Text);
        after.Keys[key].Use.ShouldBeSameAs(before.Keys[key].Use);
        after.Keys[key].Caller.ShouldBeSameAs(before.Keys[key].Caller);
        after.Keys[KeyHash.Of(changed.SecretKey.Text)].Caller.Project!.Catalog.Revision.ShouldBe(2);
    }

    [Fact]
    public async Task A_revocation_on_one_server_reaches_the_other_within_a_second()
    {
        using var here = new ProjectsWorld(fresh.Database);
        using var there = new ProjectsWorld(fresh.Database);
        await here.Presence.StartAsync(CancellationToken.None);
        await there.Presence.StartAsync(CancellationToken.None);
        await UntilAsync(() => there.Presence.Healthy);

        // Created here, known there.
        var project = await here.CreateProjectAsync("two-servers");
        var hash = KeyHash.Of(project.SecretKey.Text);
        await UntilAsync(() => there.Directory.Find(hash) is not null, TimeSpan.FromSeconds(4));

        await new RevokeKey(fresh.Source, here.Directory).RunAsync(project.Id, project.SecretKey.Id, CancellationToken.None);
        await UntilAsync(() => there.Directory.Find(hash)?.RevokedAt is not null, TimeSpan.FromSeconds(4));

        await here.Presence.StopAsync(CancellationToken.None);
        await there.Presence.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task The_standing_connection_comes_back_and_brings_what_was_missed()
    {
        using var server = new ProjectsWorld(fresh.Database);
        await server.Presence.StartAsync(CancellationToken.None);
        await UntilAsync(() => server.Presence.Healthy);

        await fresh.Database.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%servers%' AND pid <> pg_backend_pid() AND datname = "
                + "current_database()");
        await fresh.Database.ExecuteAsync("INSERT INTO projects (code, name, mode) VALUES ('missed', 'x', 'live')");
        await UntilAsync(() => server.Directory.Find("missed") is not null);
        await server.Presence.StopAsync(CancellationToken.None);
    }
}
