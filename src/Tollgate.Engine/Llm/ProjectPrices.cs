using Npgsql;
using Tollgate.Core.Llm;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>What calls to models cost in a project, in memory: the project's own prices before the shared ones.</summary>
/// <param name="Revision">The newest prices that the book was made of.</param>
public sealed record ProjectPrices(PriceRevision Revision, PriceBook Book);

/// <summary>
/// Model prices as a part of each project in memory. The shared ones are thousands, the same for all projects: built once for each
/// revision.
/// </summary>
public sealed class PricePart : IProjectPart
{
    private (long Revision, PriceBook Book) _shared = (0, PriceBook.Empty);

    public Task<PartOfProject> LoadAsync(NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel) =>
        Task.FromResult<PartOfProject>(async (row, before, stop) =>
        {
            // Also where nothing is new: shared prices that cannot be read are a fault of every project, and each is noted.
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
        /// <summary>What calls to models cost: the project's own prices before the shared ones.</summary>
        public PriceBook Prices => project.Parts.Find<ProjectPrices>()?.Book ?? PriceBook.Empty;

        /// <summary>Where the gateway forwards to, by provider.</summary>
        public IReadOnlyDictionary<string, Upstream> Upstreams =>
            project.Parts.Find<ProjectUpstreams>()?.ByProvider ?? ProjectUpstreams.None.ByProvider;
    }
}
