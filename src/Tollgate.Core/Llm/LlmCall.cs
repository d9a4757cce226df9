using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>One call to a model, as a caller reported it or the gateway read it from the provider's answer.</summary>
public sealed record LlmCall
{
    /// <summary>The type of the event that records a call, and that meters read.</summary>
    public const string EventType = CallEvents.Call;

    /// <summary>The type of the event that corrects the cost of a recorded call; the meters on <c>cost_usd</c> of calls read it.</summary>
    public const string AdjustmentType = CallEvents.Adjustment;

    /// <summary>The longest <see cref="AttributeTo"/> in UTF-16 units.</summary>
    public const int LongestTag = 100;

    /// <summary>The call's id, unique per customer, which makes retries safe.</summary>
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary>The code of a feature that the call uses once.</summary>
    public string? Feature { get; init; }

    /// <summary>The feature or any other word to which reports assign the cost. It uses nothing. Null: <see cref="Feature"/>.</summary>
    public string? AttributeTo { get; init; }

    /// <summary>Null: the price book determines the provider of the model.</summary>
    public string? Provider { get; init; }

    public required string Model { get; init; }

    /// <summary>The project's upstream of the call. Not recorded. Null: the call was made elsewhere and reported.</summary>
    public string? Upstream { get; init; }

    /// <summary>The requested name, if the answer may name another: an Azure deployment. Not recorded.</summary>
    public string? RequestedModel { get; init; }

    public required LlmUsage Usage { get; init; }

    /// <summary>True if the usage was estimated from the texts instead of reported.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>The contradiction between the provider's numbers; the counts are kept. Null: the numbers agree.</summary>
    public string? UsageDifference { get; init; }

    /// <summary>The service tier that served the call, which decides its price; null: the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>
    /// The cost that the provider reports: recorded in addition to Tollgate's own figure, or used as the cost, by the project's policy.
    /// </summary>
    public NanoUsd? ReportedCost { get; init; }

    /// <summary>The time of the call, which decides its price; null: now.</summary>
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
