using Tollgate.Core.Catalog;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Catalog;

/// <summary>The catalogues that come with the server: the YAML files of <c>catalogs/</c>, next to the binary.</summary>
public static class BuiltInCatalogs
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "catalogs");

    /// <summary>In the order of their file names.</summary>
    /// <exception cref="StartRefusedException">A file is faulty; every fault with its file, line and path.</exception>
    public static async Task<IReadOnlyList<CatalogDocument>> ReadAsync(CancellationToken cancel)
    {
        List<CatalogDocument> documents = [];
        List<string> faults = [];
        foreach (var file in (Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*.yaml") : []).Order(StringComparer.Ordinal))
        {
            var reading = CatalogReader.ReadYaml(await File.ReadAllTextAsync(file, cancel));
            faults.AddRange(reading.Faults.Select(fault => fault.Describe(Path.GetFileName(file))));
            if (reading.Document is { } document)
            {
                documents.Add(document);
            }
        }

        return faults.Count == 0
            ? documents
            : throw new StartRefusedException(
                $"The catalogues in {Folder} have faults. Correct the files and start again:\n{string.Join('\n', faults)}");
    }
}
