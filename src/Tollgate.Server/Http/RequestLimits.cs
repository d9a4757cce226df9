using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <param name="PerKey">Requests of a key in a minute; 0: no limit.</param>
/// <param name="PerAddress">Requests of an address in a minute, with any key or none; 0: no limit.</param>
/// <param name="PerCustomer">Requests of a customer in a minute with its own tokens, all together; 0: no limit.</param>
public sealed record RequestLimitOptions(long PerKey, long PerAddress, long PerCustomer)
{
    /// <summary>True for addresses without a limit: trusted proxies.</summary>
    public Func<IPAddress, bool> IsExempt { get; init; } = static _ => false;
}

/// <summary>
/// Limits the requests of a key, of an address and of a customer in a minute, on each server. Without a limit, a request costs one
/// comparison; with one, a look-up and one atomic write.
/// </summary>
public sealed class RequestLimits : IDisposable
{
    private readonly RequestLimitOptions _options;
    private readonly MinuteBudget? _addresses;
    private readonly CustomerBudgets? _customers;
    private readonly ConcurrentDictionary<Guid, StrongBox<long>> _keys = new();
    private readonly long _each;
    private readonly Meter _meter = new("Tollgate");
    private readonly Counter<long> _limited;

    public RequestLimits(RequestLimitOptions options)
    {
        (_options, _addresses) = (options, options.PerAddress > 0 ? new((int)options.PerAddress) : null);
        _customers = options.PerCustomer > 0 ? new(options.PerCustomer) : null;
        _each = options.PerKey > 0 ? TimeSpan.TicksPerMinute / options.PerKey : 0;
        _limited = _meter.CreateCounter<long>(
            "tollgate.requests.limited", "{request}", "Requests beyond the limit of their key, address or customer, which got 429.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Counts a request of the address. Null: it may go on; else its pause.</summary>
    public TimeSpan? TakeAddress(HttpContext context)
    {
        if (_addresses is null || (context.Connection.RemoteIpAddress is { } address && _options.IsExempt(address)))
        {
            return null;
        }

        return Noted(_addresses.Take(Neighborhood.Of(context.Connection.RemoteIpAddress), Stopwatch.GetElapsedTime(0)), "address");
    }

    /// <summary>Counts a request of the key. Null: it may go on; else its pause. The admin key has no limit.</summary>
    public TimeSpan? TakeKey(ResolvedKey key) =>
        _each == 0 || key.Caller.Kind == KeyKind.Admin
            ? null
            : Noted(
                MinuteBudget.Take(
                    ref _keys.GetOrAdd(key.Id, static _ => new()).Value, Stopwatch.GetElapsedTime(0), _each), "key");

    /// <summary>Counts a request of a customer with a token of its own. Null: it may go on; else its pause.</summary>
    public TimeSpan? TakeCustomer(Caller caller) =>
        _customers is null || caller is not { Kind: KeyKind.CustomerToken, Customer: { } customer, Project: { } project }
            ? null
            : Noted(_customers.Take(project.Id, customer, Stopwatch.GetElapsedTime(0)), "customer");

    private TimeSpan? Noted(TimeSpan? pause, string by)
    {
        if (pause is not null)
        {
            _limited.Add(1, new KeyValuePair<string, object?>("by", by));
        }

        return pause;
    }
}
