using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Llm;
using Tollgate.Core.Metering;
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

/// <summary>Use of a feature that another system counted, or a signal of customer success.</summary>
/// <param name="FeatureKey">0: a signal without a feature.</param>
/// <param name="Type">The type of the event; null: the feature's code.</param>
public sealed record UsageRecord(
    string Id, string Customer, int FeatureKey, string? Type, Quantity Quantity, Instant OccurredAt, string? PropertiesJson)
    : ImportRecord(Id, Customer)
{
    /// <summary>Null: reports on customer success do not read it.</summary>
    public Signal? Signal { get; init; }

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

/// <summary>A subscription that ended.</summary>
/// <param name="PlanVersion">The number of the version whose price applies when <paramref name="Amount"/> is null.</param>
/// <param name="Amount">The price of one period, in minor units; null: the plan's.</param>
/// <param name="EndedAt">Null: it ends at the time of the import.</param>
public sealed record SubscriptionRecord(
    string Id, string Customer, string Plan, int PlanVersion, PriceInterval Period, Currency Currency, long? Amount, long Quantity,
    Instant StartedAt, Instant? EndedAt, Instant? TrialEnd, string? CancelReason) : ImportRecord(Id, Customer)
{
    public override ImportKind Kind => ImportKind.Subscriptions;
}

/// <summary>A line of an imported invoice.</summary>
public sealed record ImportedLine(InvoiceLineKind Kind, string Description, Quantity Quantity, MoneyAmount Amount, Period Period);

/// <summary>An invoice that another system sent: paid, void or written off.</summary>
/// <param name="Subscription">The id of an imported subscription; null: none.</param>
public sealed record InvoiceRecord(
    string Id, string Customer, string Number, InvoiceStatus Status, string? Subscription, Instant IssuedAt, Instant DueAt, Instant? PaidAt,
    Period Period, IReadOnlyList<ImportedLine> Lines, MoneyAmount Discount, MoneyAmount Tax, MoneyAmount Total) : ImportRecord(Id, Customer)
{
    public override ImportKind Kind => ImportKind.Invoices;

    public MoneyAmount Subtotal => Lines.Aggregate(MoneyAmount.Zero(Total.Currency), static (sum, line) => sum + line.Amount);
}
