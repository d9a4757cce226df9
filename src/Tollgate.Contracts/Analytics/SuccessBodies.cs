namespace Tollgate.Contracts.Analytics;

/// <param name="Completed">Customers that signed up in the month and have completed their onboarding by now.</param>
/// <param name="Rate"><c>completed</c> ÷ <c>signed_up</c>.</param>
public sealed record OnboardingView(long Completed, decimal? Rate);

/// <param name="Customers">Customers whose first <c>value_metric</c> lies in the month.</param>
/// <param name="MedianHours">The median of the hours from the sign-up to the first value.</param>
/// <param name="P90Hours">The 90th percentile of these hours.</param>
public sealed record TimeToValueView(long Customers, decimal? MedianHours, decimal? P90Hours);

/// <param name="PerCustomer"><c>count</c> ÷ <c>customers</c>.</param>
public sealed record TicketsView(long Count, decimal? PerCustomer);

/// <param name="Mean">The mean score.</param>
/// <param name="Satisfied">The share of scores of 4 and 5.</param>
/// <param name="Scores">The number of answers with the scores 1, 2, 3, 4 and 5.</param>
public sealed record CsatView(long Responses, decimal? Mean, decimal? Satisfied, IReadOnlyList<long> Scores);

/// <param name="Name">The name of the value. Null: the values of all names beyond the 100 that reports show.</param>
/// <param name="Events">The number of events.</param>
/// <param name="Total">The sum of their values.</param>
public sealed record ValueView(string? Name, string? Unit, long Events, decimal Total);

/// <param name="Csat">
/// The last score in the 90 days before the month: <c>low</c> (1, 2), <c>neutral</c> (3), <c>high</c> (4, 5), or <c>unrated</c>.
/// </param>
/// <param name="Customers">Customers that paid when the month began.</param>
/// <param name="Lost">Those of them that pay nothing at its end.</param>
/// <param name="Rate"><c>lost</c> ÷ <c>customers</c>.</param>
public sealed record CsatChurnView(string Csat, long Customers, long Lost, decimal? Rate);

/// <summary>Figures of customer success.</summary>
public sealed record SuccessFiguresView
{
    /// <summary>Null: of the whole range.</summary>
    public required string? Month { get; init; }

    /// <summary>Customers at the end, without members.</summary>
    public required long Customers { get; init; }

    /// <summary>Customers that were created in the month.</summary>
    public required long SignedUp { get; init; }

    public required OnboardingView Onboarding { get; init; }

    public required TimeToValueView TimeToValue { get; init; }

    public required TicketsView Tickets { get; init; }

    public required CsatView Csat { get; init; }

    public required IReadOnlyList<ValueView> Values { get; init; }

    /// <summary>The losses by satisfaction. Those of the whole range are the sums over its months that have ended.</summary>
    public required IReadOnlyList<CsatChurnView> ChurnByCsat { get; init; }
}

/// <summary>Answer of <c>GET /v1/analytics/success</c>.</summary>
/// <param name="From">The first day of the first month.</param>
/// <param name="To">The last day of the last month.</param>
public sealed record SuccessView(DateOnly From, DateOnly To, SuccessFiguresView Total, IReadOnlyList<SuccessFiguresView> Months);

public sealed record LastScoreView(int Score, DateTimeOffset At);

/// <param name="Month">Null: of the whole range.</param>
/// <param name="Tickets">The number of support tickets.</param>
public sealed record CustomerSignalsView(string? Month, long Tickets, CsatView Csat, IReadOnlyList<ValueView> Values);

/// <summary>Answer of <c>GET /v1/customers/{id}/success</c>.</summary>
public sealed record CustomerSuccessView
{
    public required string Customer { get; init; }

    public required DateOnly From { get; init; }

    public required DateOnly To { get; init; }

    public required DateTimeOffset SignedUpAt { get; init; }

    /// <summary>The first <c>onboarding_completed</c> ever.</summary>
    public required DateTimeOffset? OnboardedAt { get; init; }

    /// <summary>The first <c>value_metric</c> ever.</summary>
    public required DateTimeOffset? FirstValueAt { get; init; }

    /// <summary>From <c>signed_up_at</c> to <c>first_value_at</c>.</summary>
    public required decimal? HoursToValue { get; init; }

    /// <summary>The last <c>csat</c> ever.</summary>
    public required LastScoreView? LastCsat { get; init; }

    public required CustomerSignalsView Total { get; init; }

    public required IReadOnlyList<CustomerSignalsView> Months { get; init; }
}
