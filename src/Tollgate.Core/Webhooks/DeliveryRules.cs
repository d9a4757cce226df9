namespace Tollgate.Core.Webhooks;

/// <summary>What came of an attempt.</summary>
/// <param name="Status">Of the answer; null: none came.</param>
/// <param name="RetryAfter">What the answer asked for.</param>
public readonly record struct AttemptResult(int? Status, TimeSpan? RetryAfter)
{
    public bool IsGood => Status is >= 200 and <= 299;
}

public enum DeliveryVerdict
{
    Delivered,
    Retry,

    /// <summary>It failed for the last time.</summary>
    GiveUp,

    /// <summary>The receiver wants nothing any more: the endpoint is disabled, and what waits stays until it is enabled.</summary>
    Gone,
}

/// <summary>Why an endpoint is disabled without anybody having asked for it.</summary>
public enum EndpointFault
{
    /// <summary>It answered 410.</summary>
    Gone,

    /// <summary>A delivery was given up, and for days nothing was taken.</summary>
    Failing,
}

/// <param name="RetryIn">Until the next attempt of this delivery.</param>
/// <param name="PauseFor">How long nothing is sent to the endpoint; null: it goes on.</param>
/// <param name="Disable">Nothing is sent to the endpoint any more; null: it goes on.</param>
public readonly record struct DeliveryDecision(
    DeliveryVerdict Verdict, TimeSpan RetryIn, TimeSpan? PauseFor, EndpointFault? Disable = null);

/// <summary>When a delivery is tried again, and how hard an endpoint is tried.</summary>
/// <remarks>The schedule is that of Standard Webhooks, "Deliverability and reliability".</remarks>
public static class DeliveryRules
{
    /// <summary>Of one attempt, from the connection to the first bytes of the answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a server has a delivery to itself: an attempt, and time to write down what came of it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(25);

    /// <summary>
    /// After this long a failure is the last one, however few attempts there were: an endpoint that is tried one at a time must not hold a
    /// queue for ever.
    /// </summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromHours(84);

    /// <summary>
    /// An endpoint that took nothing for so long, and of which a delivery is given up, is disabled: what is sent there is lost day by day,
    /// and nobody hears of it.
    /// </summary>
    public static readonly TimeSpan LongestFailing = TimeSpan.FromDays(5);

    /// <summary>A receiver cannot put a delivery off for longer.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>Requests at one time to an endpoint whose last attempt was good; one after another otherwise.</summary>
    public const int MostAtOnce = 4;

    /// <summary>Failures in a row after which an endpoint is left alone between attempts.</summary>
    public const int FailuresBeforePause = 5;

    /// <summary>Bytes of an answer that are kept.</summary>
    public const int KeptBytes = 2048;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Between one attempt and the next; the first is made at once. 75 hours and a half in all.</summary>
    public static IReadOnlyList<TimeSpan> Waits { get; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    public static int MostAttempts => Waits.Count + 1;

    public static int RoomOf(int failures) => failures == 0 ? MostAtOnce : 1;

    /// <param name="attempts">Made so far, this one included.</param>
    /// <param name="age">Since the first one was due.</param>
    /// <param name="failures">Of the endpoint in a row, this one included if it is one.</param>
    /// <param name="failingFor">Since the first of these failures.</param>
    /// <param name="permille">Chance, -100 to 100: so much is the wait longer, that not everybody comes back at once.</param>
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

    /// <summary>A receiver that says that it has too much to do is left alone altogether, and so is one that fails and fails.</summary>
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
