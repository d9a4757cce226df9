using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

public enum ProjectMode
{
    Live,
    Sandbox,
}

/// <summary>The newest price of a model that a price book was made of: the project's own and the shared ones'. 0: there is none.</summary>
public readonly record struct PriceRevision(long Own, long Shared);

/// <summary>One project as the server's memory holds it: immutable, replaced whole when anything of it changes.</summary>
public sealed record ProjectSnapshot
{
    public required int Id { get; init; }

    public required string Code { get; init; }

    public required string Name { get; init; }

    public required ProjectMode Mode { get; init; }

    /// <summary>Billing arithmetic happens in this zone.</summary>
    public required TimeZoneInfo Zone { get; init; }

    public required string Currency { get; init; }

    /// <summary>Sandbox projects only: where the movable clock stands. Null follows the database's clock.</summary>
    public Instant? TestClock { get; init; }

    public required PublishedCatalog Catalog { get; init; }

    /// <summary>
    /// Hundredths of a percent that a call costs on top of its price: 2000 makes $1.00 to $1.20. Negative for a discount.
    /// </summary>
    public int MarkupBasisPoints { get; init; }

    /// <summary>What other rooms keep of it in memory: see <see cref="IProjectPart"/>.</summary>
    public ProjectParts Parts { get; init; } = ProjectParts.None;
}
