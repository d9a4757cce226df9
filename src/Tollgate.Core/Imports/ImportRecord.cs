using Tollgate.Core.Customers;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Imports;

/// <summary>A record of an import that has no fault of its own.</summary>
/// <param name="Id">The record's own id: a repeat of it books nothing.</param>
/// <param name="Customer">The project's id of the customer.</param>
public abstract record ImportRecord(string Id, string Customer)
{
    public abstract ImportKind Kind { get; }
}

/// <summary>A customer; a profile that exists wins over this one.</summary>
public sealed record CustomerRecord(string Id, CustomerProfile Profile, Instant? CreatedAt) : ImportRecord(Id, Id)
{
    public override ImportKind Kind => ImportKind.Customers;
}

/// <summary>Use of a feature that another system counted.</summary>
/// <param name="Type">The type of the event; null: the feature's code.</param>
public sealed record UsageRecord(
    string Id, string Customer, int FeatureKey, string? Type, Quantity Quantity, Instant OccurredAt, string? PropertiesJson)
    : ImportRecord(Id, Customer)
{
    public override ImportKind Kind => ImportKind.Usage;
}

/// <summary>A call to a model that another system logged.</summary>
/// <param name="Call">Its feature or tag only assigns the cost: usage is imported as usage.</param>
/// <param name="Cost">The logged cost; null: the price book's at the time of the call.</param>
/// <param name="Plan">The customer's plan at that time; null: unknown.</param>
public sealed record CallRecord(LlmCall Call, Instant OccurredAt, NanoUsd? Cost, string? Plan) : ImportRecord(Call.Id, Call.Customer)
{
    public override ImportKind Kind => ImportKind.LlmCalls;
}
