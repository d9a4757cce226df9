using Npgsql;
using Tollgate.Core.Branding;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Branding;

/// <summary>The branding as a part of each project in memory, without the picture.</summary>
public sealed class BrandPart : IProjectPart
{
    public async Task<PartOfProject> LoadAsync(NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel)
    {
        var all = new Dictionary<int, Brand>();
        await using var command = connection.Command(BrandingSql.Load);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            all[row.Whole("project_id")] = Read(row);
        }

        return (project, before, _) =>
        {
            var (old, fresh) = (before?.Parts.Find<Brand>(), all.GetValueOrDefault(project.Id, Brand.Default));
            return new(old == fresh ? old! : fresh);
        };
    }

    private static Brand Read(RowReader row) => new(
        row.TextOrNull("name"), Colour.TryRead(row.TextOrNull("accent"), out var accent) ? accent : null, row.Small("radius"),
        row.TextOrNull("logo_hash") is { } hash ? new BrandLogo(hash, row.Text("logo_type")) : null);
}

public static class BrandParts
{
    extension(ProjectSnapshot project)
    {
        /// <summary>The look of the project's pages.</summary>
        public Brand Brand => project.Parts.Find<Brand>() ?? Brand.Default;

        /// <summary>The project's name for its customers.</summary>
        public string PublicName => project.Brand.Name ?? project.Name;
    }
}
