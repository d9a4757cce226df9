using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Projects;

/// <summary>One server's objects of the room Projects, on a shared database.</summary>
internal sealed class ProjectsWorld : IDisposable
{
    public ProjectsWorld(TestDatabase database)
    {
        Database = database;
        Directory = new(database.Source, [new PricePart(), new UpstreamPart(), new PaymentPart()]);
        Presence = new(database.Connections, Directory, Clock, NullLogger<ServerPresence>.Instance);
    }

    public TestDatabase Database { get; }

    public Clock Clock { get; } = new();

    public ProjectDirectory Directory { get; }

    public ServerPresence Presence { get; }

    public CreateKey CreateKey => new(Database.Source, Directory);

    public static CatalogDocument Catalog(string code) => new()
    {
        Code = code,
        Name = code.ToUpperInvariant(),
        DefaultPlan = "free",
        Features = [new() { Code = "scan", Name = "Scan", SortOrder = 1 }],
        Plans = [new() { Code = "free", Name = "Free", SortOrder = 1 }],
    };

    public async Task<NewProject> CreateProjectAsync(string code) =>
        (await new CreateProject(Database.Source, Directory).RunAsync(
            new(code, code, ProjectMode.Live, "Etc/UTC", "USD", Catalog(code)), CancellationToken.None)).ShouldNotBeNull();

    public void Dispose()
    {
        Directory.Dispose();
        Presence.Dispose();
    }
}
