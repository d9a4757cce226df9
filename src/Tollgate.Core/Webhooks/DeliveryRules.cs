namespace Tollgate.Core.Webhooks;

/// <summary>The result of an attempt.</summary>
/// <param name="Status">The HTTP status of the answer; null: no answer.</param>
/// <param name="RetryAfter">The pause that the answer requests.</param>
public readonly record struct AttemptResult(int? Status, TimeSpan? RetryAfter)
{
    public bool IsGood => Status is >= 200 and <= 299;
}

public enum DeliveryVerdict
{
    Delivered,
    Retry,

    /// <summary>The last attempt failed.</summary>
    GiveUp,

    /// <summary>
    /// The receiver accepts nothing any more: Tollgate disables the endpoint and keeps its waiting deliveries until it is enabled.
    /// </summary>
    Gone,
}

/// <summary>The reason why Tollgate disabled an endpoint automatically.</summary>
public enum EndpointFault
{
    /// <summary>The endpoint answered 410.</summary>
    Gone,

    /// <summary>A delivery failed for the last time, and the endpoint accepted nothing for days.</summary>
    Failing,
}

/// <param name="RetryIn">The time until the next attempt of this delivery.</param>
/// <param name="PauseFor">The time for which Tollgate sends nothing to the endpoint; null: no pause.</param>
/// <param name="Disable">The reason to disable the endpoint; null: it stays enabled.</param>
public readonly record struct DeliveryDecision(
    DeliveryVerdict Verdict, TimeSpan RetryIn, TimeSpan? PauseFor, EndpointFault? Disable = null);

/// <summary>The schedule of retries, and the load on an endpoint.</summary>
/// <remarks>The schedule is that of Standard Webhooks, "Deliverability and reliability".</remarks>
public static class DeliveryRules
{
    /// <summary>The longest time of one attempt, from the connection to the first bytes of the answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>The time for which a server holds a delivery exclusively: an attempt, and a margin to record its result.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(25);

    /// <summary>
    /// The time after which a failure is final, however few attempts there were: an endpoint with sequential attempts must not block a
    /// queue for ever.
    /// </summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromHours(84);

    /// <summary>
    /// The time after which Tollgate disables an endpoint that accepted nothing, once one of its deliveries fails for the last time:
    /// otherwise its events would be lost day by day without notice.
    /// </summary>
    public static readonly TimeSpan LongestFailing = TimeSpan.FromDays(5);

    /// <summary>The longest delay of a delivery that a receiver can request.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>
    /// The most concurrent requests to an endpoint whose last attempt succeeded; after a failure, requests are sequential.
    /// </summary>
    public const int MostAtOnce = 4;

    /// <summary>The number of consecutive failures after which Tollgate pauses an endpoint between attempts.</summary>
    public const int FailuresBeforePause = 5;

    /// <summary>The bytes of an answer that Tollgate keeps.</summary>
    public const int KeptBytes = 2048;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>The waits between attempts; the first attempt is immediate. 75 hours and a half in total.</summary>
    public static IReadOnlyList<TimeSpan> Waits { get; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    public static int MostAttempts => Waits.Count + 1;

    /// <param name="attempts">The attempts so far, including this one.</param>
    /// <param name="age">The time since the first attempt was due.</param>
    /// <param name="failures">The consecutive failures of the endpoint, including this one if it failed.</param>
    /// <param name="failingFor">The time since the first of these failures.</param>
    /// <param name="permille">A random number from -100 to 100 that lengthens the wait, so that deliveries do not return all at
    /// once.</param>
    public static DeliveryDecision Decide(AttemptResult result, int attempts, TimeSpan age, int failures, TimeSpan failingFor, int permille)
    {
        Invariant.That(permille is >= -100 and <= 100, $"{permille} is more than a tenth.");
        if (result.IsGood)
        {
            return new(DeliveryVerdict.Delivered, TimeSpan.Zero, null);
        }

        if (result.Status == 410)
        {
            return new(DeliveryVerdict.Gone, TimeSpan.Zero, null, EndpointFault.Gone);
        }

        var asked = result.RetryAfter is { } wanted ? Shorter(wanted, LongestRetryAfter) : TimeSpan.Zero;
        if (attempts >= MostAttempts || age > LongestLife)
        {
            return new(
                DeliveryVerdict.GiveUp, TimeSpan.Zero, PauseOf(result, failures, asked),
                failingFor >= LongestFailing ? EndpointFault.Failing : null);
        }

        var wait = Waits[attempts - 1];
        wait += TimeSpan.FromTicks(wait.Ticks / 1000 * permille);
        return new(DeliveryVerdict.Retry, Longer(wait, asked), PauseOf(result, failures, asked));
    }

    /// <summary>Returns the pause of an endpoint that reports overload, or that fails repeatedly; null: none.</summary>
    private static TimeSpan? PauseOf(AttemptResult result, int failures, TimeSpan asked)
    {
        var isBusy = result.Status is 429 or 502 or 503 or 504;
        var over = failures - FailuresBeforePause;
        var pause = isBusy ? Longer(asked, FirstPause) : TimeSpan.Zero;
        pause = over < 0 ? pause : Longer(pause, Shorter(TimeSpan.FromTicks(FirstPause.Ticks << Math.Min(over, 10)), LongestPause));
        return pause > TimeSpan.Zero ? pause : null;
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
