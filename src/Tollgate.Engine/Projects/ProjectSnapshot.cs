using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

public enum ProjectMode
{
    Live,
    Sandbox,
}

/// <summary>The newest model prices, own and shared, in a price book. 0: there is none.</summary>
public readonly record struct PriceRevision(long Own, long Shared);

/// <summary>One project as the server holds it in memory: immutable, replaced whole when any part changes.</summary>
public sealed record ProjectSnapshot
{
    public required int Id { get; init; }

    public required string Code { get; init; }

    public required string Name { get; init; }

    public required ProjectMode Mode { get; init; }

    /// <summary>The time zone of billing arithmetic.</summary>
    public required TimeZoneInfo Zone { get; init; }

    public required string Currency { get; init; }

    /// <summary>The time of the test clock, in sandbox projects only. Null follows the database's clock.</summary>
    public Instant? TestClock { get; init; }

    public required PublishedCatalog Catalog { get; init; }

    /// <summary>
    /// Hundredths of a percent that a call costs on top of its price: 2000 makes $1.00 to $1.20. Negative for a discount.
    /// </summary>
    public int MarkupBasisPoints { get; init; }

    /// <summary>True if the texts of usage that is recorded from now on are encrypted with keys of the customers.</summary>
    public bool EncryptsUsage { get; init; }

    /// <summary>The data of the project that other rooms keep in memory: see <see cref="IProjectPart"/>.</summary>
    public ProjectParts Parts { get; init; } = ProjectParts.None;
}
