using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// Counts what fails for each address: keys and customer tokens that are unknown, revoked or expired, addresses of pages that lead nowhere,
/// links of mails and webhooks that nobody signed. An address that fails too often is told 429, and the database is not asked on its
/// behalf.
/// </summary>
/// <remarks>
/// Whatever is good is never counted: a key in memory costs nothing here. A token is looked up in the database, so of an address that
/// guesses only those are that the checksum (<see cref="TokenCheck"/>) says were issued; so customers behind the same address go on
/// working, also with a token that this server sees for the first time.
/// </remarks>
public sealed class Guesses : IDisposable
{
    /// <summary>
    /// Tokens that were issued once and are good no more: they are not looked up again for an address that guesses. 32 KB.
    /// </summary>
    private const int MostDead = 1_024;

    /// <summary>Addresses from which good webhooks came: providers have some dozens. 8 KB.</summary>
    private const int MostSenders = 1_024;

    /// <summary>One line in the log for so long, however many fail.</summary>
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Times more failures of an address from which good webhooks come: a provider's events of one project fail while a secret is wrong
    /// there.
    /// </summary>
    private const int MoreOfSenders = 10;

    private readonly GuessBudget _budget;
    private readonly GuessBudget _ofSenders;
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
            "Keys, tokens, page addresses, links of mails and webhooks that were not good, by what was wrong.");
        _limited = _meter.CreateCounter<long>("tollgate.guesses.limited", "{attempt}", "Of those, the ones that were answered with 429.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Errors that somebody who guesses would see.</summary>
    public static bool IsGuess(ErrorCode code) =>
        code == ErrorCode.KeyInvalid || code == ErrorCode.KeyRevoked || code == ErrorCode.KeyExpired;

    /// <summary>Whether the database may be asked about a token or the address of a page.</summary>
    public bool MayAsk(HttpContext context, ReadOnlySpan<char> token) =>
        _budget.PauseOf(AddressOf(context), Now()) is null
        || (_directory.Current.Check?.IsGenuine(token) == true && KeyHash.TryOf(token, out var hash) && !IsDead(hash));

    /// <summary>The database does not know a token, or it is over: that will not change.</summary>
    public void Bury(KeyHash hash) => Volatile.Write(ref _dead[Place(hash)], new(hash));

    /// <summary>
    /// How long an address has to pause before its next webhook is verified, which costs a hash of the body for each project with keys.
    /// Null: verify it. An address that sent a good one may fail ten times as often: a provider's events of one project are all refused
    /// while a secret is wrong there. It is not without a bound, because the secret of a good webhook is any project's own.
    /// </summary>
    public TimeSpan? PauseOfSender(HttpContext context, string what)
    {
        var address = AddressOf(context);
        var budget = BudgetOfSender(address);
        return budget.PauseOf(address, Now()) is null ? null : Fail(budget, address, what);
    }

    /// <summary>A webhook was not good.</summary>
    /// <param name="what">For the metric and the log.</param>
    public void FailOfSender(HttpContext context, string what)
    {
        var address = AddressOf(context);
        Fail(BudgetOfSender(address), address, what);
    }

    /// <summary>A good webhook came from the address.</summary>
    public void Vouch(HttpContext context)
    {
        var address = AddressOf(context);
        Volatile.Write(ref _senders[Place(address)], address.Bits);
    }

    /// <summary>Something was not good.</summary>
    /// <param name="what">For the metric and the log.</param>
    /// <returns>Null: say so. Otherwise for how long the address is to pause.</returns>
    public TimeSpan? Fail(HttpContext context, string what) => Fail(_budget, AddressOf(context), what);

    private TimeSpan? Fail(GuessBudget budget, Neighborhood address, string what)
    {
        var tag = new KeyValuePair<string, object?>("what", what);
        _failed.Add(1, tag);
        if (budget.Fail(address, Now()) is not { } pause)
        {
            return null;
        }

        _limited.Add(1, tag);
        Tell(address, budget.PerMinute, what);
        return pause;
    }

    private bool IsDead(KeyHash hash) => Volatile.Read(ref _dead[Place(hash)]) is { } dead && dead.Hash == hash;

    private bool IsSender(Neighborhood address) => address != default && Volatile.Read(ref _senders[Place(address)]) == address.Bits;

    private GuessBudget BudgetOfSender(Neighborhood address) => IsSender(address) ? _ofSenders : _budget;

    private static int Place(Neighborhood address) => address.GetHashCode() & (MostSenders - 1);

    private static int Place(KeyHash hash) => hash.GetHashCode() & (MostDead - 1);

    private static Neighborhood AddressOf(HttpContext context) => Neighborhood.Of(context.Connection.RemoteIpAddress);

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private void Tell(Neighborhood address, int perMinute, string what)
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

    /// <summary>A hash has 32 bytes, which are not written in one piece.</summary>
    private sealed record Grave(KeyHash Hash);
}

/// <summary>How often an address may fail.</summary>
/// <param name="PerMinute">Failed attempts in a minute. Default 60: a client with a wrong key sees why for a while; guesses of 256 bits
/// gain nothing by 60 tries.</param>
public sealed record GuessOptions(int PerMinute);
