using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// Counts the failures of each address: keys and customer tokens that are unknown, revoked or expired, URLs of missing pages, and links of
/// mails and webhooks without a valid signature. An address that fails too often gets 429, without a query to the database.
/// </summary>
/// <remarks>
/// It never counts valid credentials: a key in memory costs nothing here. A token needs the database, so for an address that guesses, the
/// server looks up only tokens whose checksum (<see cref="TokenCheck"/>) shows that they were issued. Customers behind the same address can
/// thus continue, also with a token that this server has not seen before.
/// </remarks>
public sealed class Guesses : IDisposable
{
    /// <summary>
    /// Issued tokens that are no longer valid, which the server does not look up again for an address that guesses. 32 KB.
    /// </summary>
    private const int MostDead = 1_024;

    /// <summary>Addresses that sent valid webhooks: providers have some dozens. 8 KB.</summary>
    private const int MostSenders = 1_024;

    /// <summary>The shortest time between two log lines, for any number of failures.</summary>
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The factor by which an address that sent valid webhooks may fail more often: a provider's events of one project fail while its
    /// secret is wrong.
    /// </summary>
    private const int MoreOfSenders = 10;

    private readonly MinuteBudget _budget;
    private readonly MinuteBudget _ofSenders;
    private readonly ProjectDirectory _directory;
    private readonly ILogger _log;
    private readonly Meter _meter = new("Tollgate");
    private readonly Counter<long> _failed;
    private readonly Counter<long> _limited;
    private readonly Grave?[] _dead = new Grave?[MostDead];
    private readonly ulong[] _senders = new ulong[MostSenders];
    private long _loggedAt = long.MinValue;
    private long _limitedSince;

    public Guesses(GuessOptions options, ProjectDirectory directory, ILogger<Guesses> log)
    {
        (_budget, _ofSenders, _directory, _log) = (new(options.PerMinute), new(MoreOfSenders * options.PerMinute), directory, log);
        _failed = _meter.CreateCounter<long>(
            "tollgate.guesses", "{attempt}",
            "Invalid keys, tokens, page addresses, mail links and webhooks, by reason.");
        _limited = _meter.CreateCounter<long>(
            "tollgate.guesses.limited", "{attempt}", "Failed attempts that the server answered with 429.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>True for errors that an attacker who guesses keys would get.</summary>
    public static bool IsGuess(ErrorCode code) =>
        code == ErrorCode.KeyInvalid || code == ErrorCode.KeyRevoked || code == ErrorCode.KeyExpired;

    /// <summary>True if the server may look up a token or the URL of a page in the database.</summary>
    public bool MayAsk(HttpContext context, ReadOnlySpan<char> token) =>
        _budget.PauseOf(AddressOf(context), Now()) is null
        || (_directory.Current.Check?.IsGenuine(token) == true && KeyHash.TryOf(token, out var hash) && !IsDead(hash));

    /// <summary>Returns the pause of an address that guesses, before a check that costs more than a look-up. Null: check.</summary>
    public TimeSpan? PauseOf(HttpContext context) => _budget.PauseOf(AddressOf(context), Now());

    /// <summary>Remembers a token that the database does not know or that has ended, which will not change.</summary>
    public void Bury(KeyHash hash) => Volatile.Write(ref _dead[Place(hash)], new(hash));

    /// <summary>
    /// Returns the pause of an address before its next webhook is verified, which costs a hash of the body for each project with keys.
    /// Null: verify it. An address that sent a valid one may fail ten times as often, because all of a provider's events of one project
    /// fail while its secret is wrong. The limit stays, because any project can sign a valid webhook with its own secret.
    /// </summary>
    public TimeSpan? PauseOfSender(HttpContext context, string what)
    {
        var address = AddressOf(context);
        var budget = BudgetOfSender(address);
        return budget.PauseOf(address, Now()) is null ? null : Fail(budget, address, what);
    }

    /// <summary>Counts an invalid webhook.</summary>
    /// <param name="what">The kind of failure, for the metric and the log.</param>
    public void FailOfSender(HttpContext context, string what)
    {
        var address = AddressOf(context);
        Fail(BudgetOfSender(address), address, what);
    }

    /// <summary>Remembers that the address sent a valid webhook.</summary>
    public void Vouch(HttpContext context)
    {
        var address = AddressOf(context);
        Volatile.Write(ref _senders[Place(address)], address.Bits);
    }

    /// <summary>Counts a failure.</summary>
    /// <param name="what">The kind of failure, for the metric and the log.</param>
    /// <returns>Null: answer with the error. Otherwise the pause of the address.</returns>
    public TimeSpan? Fail(HttpContext context, string what) => Fail(_budget, AddressOf(context), what);

    private TimeSpan? Fail(MinuteBudget budget, Neighborhood address, string what)
    {
        var tag = new KeyValuePair<string, object?>("what", what);
        _failed.Add(1, tag);
        if (budget.Take(address, Now()) is not { } pause)
        {
            return null;
        }

        _limited.Add(1, tag);
        Log(address, budget.PerMinute, what);
        return pause;
    }

    private bool IsDead(KeyHash hash) => Volatile.Read(ref _dead[Place(hash)]) is { } dead && dead.Hash == hash;

    private bool IsSender(Neighborhood address) => address != default && Volatile.Read(ref _senders[Place(address)]) == address.Bits;

    private MinuteBudget BudgetOfSender(Neighborhood address) => IsSender(address) ? _ofSenders : _budget;

    private static int Place(Neighborhood address) => address.GetHashCode() & (MostSenders - 1);

    private static int Place(KeyHash hash) => hash.GetHashCode() & (MostDead - 1);

    private static Neighborhood AddressOf(HttpContext context) => Neighborhood.Of(context.Connection.RemoteIpAddress);

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private void Log(Neighborhood address, int perMinute, string what)
    {
        Interlocked.Increment(ref _limitedSince);
        var (last, now) = (Volatile.Read(ref _loggedAt), Now().Ticks);
        if ((last == long.MinValue || now - last >= LogEvery.Ticks) && Interlocked.CompareExchange(ref _loggedAt, now, last) == last)
        {
            _log.LogWarning(
                "{Address} failed more than {PerMinute} times in a minute, the last time with {What}. "
                    + "{Count} attempt(s) were answered with 429 since the last such line.",
                address, perMinute, what, Interlocked.Exchange(ref _limitedSince, 0));
        }
    }

    /// <summary>Holds a hash by reference, since its 32 bytes cannot be written atomically.</summary>
    private sealed record Grave(KeyHash Hash);
}

/// <summary>The limit of failures per address.</summary>
/// <param name="PerMinute">Failed attempts in a minute. Default 60: a client with a wrong key gets the reason for a while, and 60 tries do
/// not help to guess 256 bits.</param>
public sealed record GuessOptions(int PerMinute);
