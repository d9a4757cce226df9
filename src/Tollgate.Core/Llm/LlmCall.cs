using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>One call to a model, as it was reported or read off the provider's answer.</summary>
public sealed record LlmCall
{
    /// <summary>The type of the event under which a call is recorded, and which meters read.</summary>
    public const string EventType = CallEvents.Call;

    /// <summary>The type of the event that corrects the cost of a recorded call; the meters on <c>cost_usd</c> of calls read it.</summary>
    public const string AdjustmentType = CallEvents.Adjustment;

    /// <summary>UTF-16 units of <see cref="AttributeTo"/>.</summary>
    public const int LongestTag = 100;

    /// <summary>Unique per customer: makes retries safe.</summary>
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>A feature that the call uses once, by its code.</summary>
    public string? Feature { get; init; }

    /// <summary>
    /// What the cost is for, where reports ask: a feature or any other word. It uses nothing. Null: <see cref="Feature"/>.
    /// </summary>
    public string? AttributeTo { get; init; }

    /// <summary>Null: the price book says whose model it is.</summary>
    public string? Provider { get; init; }

    public required string Model { get; init; }

    /// <summary>The project's upstream through which the call was made. Not recorded. Null: it was made elsewhere and reported.</summary>
    public string? Upstream { get; init; }

    /// <summary>The name that was asked for, where the answer may have named another: an Azure deployment. Not recorded.</summary>
    public string? RequestedModel { get; init; }

    public required LlmUsage Usage { get; init; }

    /// <summary>The usage was not reported but estimated from the texts.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>How the provider's numbers differ from each other; the counts stand all the same. Null: they agree.</summary>
    public string? UsageDifference { get; init; }

    /// <summary>The tier that served it, which decides its price; null: the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>
    /// What the provider itself says it charged: kept beside our own figure, or the cost itself, as the project wants it.
    /// </summary>
    public NanoUsd? ReportedCost { get; init; }

    /// <summary>When the call was made, which decides its price; null: now.</summary>
    public Instant? OccurredAt { get; init; }

    public string? RequestId { get; init; }

    public string? Endpoint { get; init; }

    public long? LatencyMilliseconds { get; init; }

    /// <summary>The provider's HTTP status.</summary>
    public int? Status { get; init; }

    public string? Error { get; init; }

    /// <summary>A JSON object of the caller's own.</summary>
    public string? PropertiesJson { get; init; }
}
