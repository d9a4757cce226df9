using Npgsql;
using Tollgate.Core.Llm;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>The prices of model calls in a project, in memory: the project's own before the shared ones.</summary>
/// <param name="Revision">The newest prices in the book.</param>
public sealed record ProjectPrices(PriceRevision Revision, PriceBook Book);

/// <summary>
/// Model prices as a part of each project in memory. The shared ones are thousands and the same for all projects, so the part builds them
/// once for each revision.
/// </summary>
public sealed class PricePart : IProjectPart
{
    private (long Revision, PriceBook Book) _shared = (0, PriceBook.Empty);

    public Task<PartOfProject> LoadAsync(NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel) =>
        Task.FromResult<PartOfProject>(async (row, before, stop) =>
        {
            // Even if nothing is new: unreadable shared prices are a fault of every project, and each reports it.
            var shared = await SharedAsync(connection, row.Prices.Shared, stop);
            return before?.Parts.Find<ProjectPrices>() is { } old && old.Revision == row.Prices
                ? old
                : new ProjectPrices(
                    row.Prices, shared.WithOverrides(row.Prices.Own == 0 ? [] : await PriceQueries.LoadAsync(connection, row.Id, stop)));
        });

    private async Task<PriceBook> SharedAsync(NpgsqlConnection connection, long revision, CancellationToken cancel)
    {
        if (_shared.Revision != revision)
        {
            _shared = (revision, PriceBook.Build(await PriceQueries.LoadAsync(connection, null, cancel)));
        }

        return _shared.Book;
    }
}

public static class LlmParts
{
    extension(ProjectSnapshot project)
    {
        /// <summary>The prices of model calls: the project's own before the shared ones.</summary>
        public PriceBook Prices => project.Parts.Find<ProjectPrices>()?.Book ?? PriceBook.Empty;

        /// <summary>The upstreams of the gateway, by provider.</summary>
        public IReadOnlyDictionary<string, Upstream> Upstreams =>
            project.Parts.Find<ProjectUpstreams>()?.ByProvider ?? ProjectUpstreams.None.ByProvider;
    }
}
