using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Subscriptions;

namespace Tollgate.Contracts.Clocks;

/// <summary>Body of <c>POST /v1/test-clock</c>.</summary>
public sealed record AdvanceClockRequest
{
    /// <summary>Not before the clock's present time, at most ten years after it.</summary>
    [Required]
    public DateTimeOffset? AdvanceTo { get; init; }
}

/// <summary>Answer of <c>/v1/test-clock</c>.</summary>
/// <param name="Now">The project's time.</param>
/// <param name="IsFrozen">True: the clock stays at this time until you move it. False: nobody has moved it yet, and it follows the
/// database's clock.</param>
/// <param name="Processed">The work that Tollgate did during the advance; null for a read.</param>
public sealed record TestClockView(DateTimeOffset Now, bool IsFrozen, BillingReportView? Processed);
