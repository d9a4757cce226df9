using Tollgate.Engine.Projects;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Projects;

public sealed class CreateFirstProjectsTests(TestPostgres postgres)
{
    [Fact]
    public async Task One_of_two_simultaneous_servers_creates_the_first_projects()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var server = new ProjectsWorld(database);
        var saved = 0;
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Create(database, server).RunAsync(
            [ProjectsWorld.Catalog("a"), ProjectsWorld.Catalog("b")], ProjectMode.Live,
            (_, _) =>
            {
                Interlocked.Increment(ref saved);
                return Task.CompletedTask;
            },
            CancellationToken.None)));

        saved.ShouldBe(1);
        var keys = answers.OfType<FirstKeys>().Single();
        keys.Projects.Select(project => project.Order.Code).ShouldBe(["a", "b"]);
        server.Directory.Find(KeyHash.Of(keys.Admin.Text))!.Caller.Kind.ShouldBe(KeyKind.Admin);
        foreach (var project in keys.Projects)
        {
            server.Directory.Find(KeyHash.Of(project.SecretKey.Text))!.Caller.Project!.Catalog.Features.ShouldContainKey("scan");
            server.Directory.Find(KeyHash.Of(project.PublicKey.Text))!.Caller.Kind.ShouldBe(KeyKind.Public);
        }
    }

    [Fact]
    public async Task Keys_that_could_not_be_saved_never_become_valid()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var server = new ProjectsWorld(database);
        await Should.ThrowAsync<IOException>(() => Create(database, server).RunAsync(
            [ProjectsWorld.Catalog("a")], ProjectMode.Live, (_, _) => throw new IOException("disk full"), CancellationToken.None));
        (await database.ScalarAsync<long>("SELECT count(*) FROM api_keys")).ShouldBe(0);

        (await Create(database, server).RunAsync(
            [ProjectsWorld.Catalog("a")], ProjectMode.Live, (_, _) => Task.CompletedTask, CancellationToken.None)).ShouldNotBeNull();
    }

    private static CreateFirstProjects Create(TestDatabase database, ProjectsWorld server) => new(database.Source, server.Directory);
}
