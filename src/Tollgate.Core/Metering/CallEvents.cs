namespace Tollgate.Core.Metering;

/// <summary>The types of the events under which calls to models are metered.</summary>
public static class CallEvents
{
    /// <summary>A call; meters read it.</summary>
    public const string Call = "llm_call";

    /// <summary>Corrects the cost of a recorded call; the meters on <c>cost_usd</c> of calls read it.</summary>
    public const string Adjustment = "llm_cost_adjustment";
}
