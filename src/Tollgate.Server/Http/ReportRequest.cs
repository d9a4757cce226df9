using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>The query of a request for a report, and everything that is wrong with it.</summary>
/// <param name="Most">The most lines to return; null: the request says it.</param>
internal sealed record ReportRequest(
    ProjectSnapshot Project, IQueryCollection Query, Instant Now, int? Most, CancellationToken Cancel)
{
    public Faults Faults { get; } = new();

    /// <summary>The customer of a report on one customer; else null.</summary>
    public string? Customer { get; init; }

    public string? this[string name] => Query[name];

    /// <summary>The most lines to return: those of a file, or <c>limit</c>.</summary>
    public int Limit(int fallback, int most = Report.MostLines) => Most ?? Number("limit", fallback, most);

    /// <summary>A whole number from 1 to <paramref name="most"/>.</summary>
    public int Number(string name, int fallback, int most) => Faults.Number(this[name], name, fallback, most);

    /// <summary>A word of a closed set.</summary>
    public TWord Word<TWord>(string name, TWord fallback)
        where TWord : struct, Enum =>
        Faults.OneOf(this[name], name, [.. CatalogWords.All<TWord>()]) && this[name] is { } word
            ? CatalogWords.Read<TWord>(word)
            : fallback;

    /// <summary>The code of a feature of the catalogue.</summary>
    public string? Feature()
    {
        if (this["feature"] is not { } code || Project.Catalog.FeaturesByKey.Values.Any(one => one.Code == code))
        {
            return this["feature"];
        }

        Faults.Unknown("feature", code, "feature", Project.Catalog.Features.Keys, "The code of a feature of the catalogue is expected.");
        return null;
    }
}
