using Tollgate.Core.Customers;
using Tollgate.Core.Llm;
using Tollgate.Core.Time;

namespace Tollgate.Core.Gateway;

/// <summary>
/// Asynchronous work of a provider (a crawl, a background response), or an answer that it stores: who started it, and the holds for it
/// until it ends.
/// </summary>
public sealed record GatewayJob
{
    /// <summary>The longest id in UTF-16 units. Ids of the known providers have some 60; Tollgate does not record longer ones.</summary>
    public const int LongestId = 255;

    /// <summary>True if the text can be an id. Any other text belongs to nobody, and the database could not store it.</summary>
    public static bool IsId(string text) => text.Length is > 0 and <= LongestId && CustomerRules.IsLine(text);

    /// <summary>The provider's name in the price book.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's id.</summary>
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>The feature that the start uses once; it counts when the work ends.</summary>
    public required string? Feature { get; init; }

    /// <inheritdoc cref="Llm.LlmCall.AttributeTo"/>
    public string? AttributeTo { get; init; }

    /// <summary>The model that prices the hold, and the settlement if the finished work names none.</summary>
    public required string Model { get; init; }

    /// <summary>The endpoint of the start.</summary>
    public required string Endpoint { get; init; }

    public required IReadOnlyList<Guid> Holds { get; init; }

    /// <summary>The start in the project's time, which decides price and period.</summary>
    public required Instant StartedAt { get; init; }

    /// <summary>True if the work is recorded; from then on this is only a record of its owner.</summary>
    public required bool IsSettled { get; init; }

    /// <summary>The project's upstream that does the work. Null once settled.</summary>
    public string? Upstream { get; init; }

    /// <summary>The path and query under which the upstream reports the status. Null once settled.</summary>
    public string? AskAt { get; init; }

    /// <summary>The id under which the work is recorded: it counts once, however often it is requested.</summary>
    public string CallId => $"{Provider}:{Id}";
}
