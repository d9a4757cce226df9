namespace Tollgate.Contracts.Dunning;

/// <summary>An invoice that Tollgate could not collect and retries, or has stopped retrying. Amounts in minor units.</summary>
public sealed record DunningView
{
    public required string Invoice { get; init; }

    public required string InvoiceNumber { get; init; }

    public required string Customer { get; init; }

    public required string Subscription { get; init; }

    /// <summary>Usually <c>past_due</c>: the customer keeps the plan during the grace period.</summary>
    public required string SubscriptionStatus { get; init; }

    public required long AmountDue { get; init; }

    public required string Currency { get; init; }

    /// <summary>The number of failed attempts of the schedule.</summary>
    public required int Attempts { get; init; }

    /// <summary>
    /// The reason why the last attempt failed: <c>declined</c>, <c>insufficient_funds</c>, <c>authentication_required</c>, <c>canceled</c>
    /// or <c>payment_method_missing</c>. Stopped invoices have <c>amount_not_possible</c> or <c>provider_refused</c>, which no customer can
    /// fix.
    /// </summary>
    public required string Failure { get; init; }

    public required DateTimeOffset FirstFailedAt { get; init; }

    /// <summary>Null: Tollgate waits for the answer to an attempt, or it has stopped.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>
    /// The time since which Tollgate no longer retries it: charge it, or record a manual payment. Null: Tollgate retries it.
    /// </summary>
    public DateTimeOffset? StoppedAt { get; init; }
}

public sealed record DunningList(IReadOnlyList<DunningView> Data, bool HasMore);

/// <summary>The days on which Tollgate retries an invoice that it could not collect, and the final action.</summary>
public sealed record DunningPolicyBody
{
    /// <summary>
    /// Days after the first failure, each later than the one before; at most 10, none later than 60. Default: 1, 3, 5, 7.
    /// </summary>
    public IReadOnlyList<int>? RetryDays { get; init; }

    /// <summary>
    /// <c>cancel</c> (default): the subscription ends. <c>default_plan</c>: Tollgate pauses it, and resumes it when the customer pays the
    /// invoice.
    /// </summary>
    public string? FinalAction { get; init; }
}
