using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>What a request takes of what all projects share: connections of the pool, cores, memory.</summary>
public enum Load
{
    /// <summary>Short work on the database: most endpoints, and the default.</summary>
    Ordinary,

    /// <summary>Decided by the lanes or answered from memory: it takes no connection of the pool. A large body makes it <see cref="Bulk"/>.</summary>
    Light,

    /// <summary>Has limits of its own and holds no connection of the pool while it waits for somebody: a call of the gateway, an export of events.</summary>
    Own,

    /// <summary>A large body, or one whose length nobody knows: thousands of events in memory at once.</summary>
    Bulk,

    /// <summary>Seconds of a core or of PostgreSQL: a catalogue, an advance of a test clock, an export, a PDF, an analysis, a verification.</summary>
    Heavy,
}

/// <summary>Metadata of an endpoint whose requests are not <see cref="Load.Ordinary"/>.</summary>
public sealed record LoadOf(Load Load);

public static class LoadExtensions
{
    public static TBuilder WithLoad<TBuilder>(this TBuilder endpoint, Load load)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new LoadOf(load));
}

/// <summary>How much of the server one project may use at one time. Each is an option of the server.</summary>
public sealed record FairShareOptions
{
    /// <summary>Requests of a project at work at one time, heavy ones included; without light ones.</summary>
    public int Requests { get; init; } = 6;

    /// <summary>Heavy requests of a project at work at one time.</summary>
    public int Heavy { get; init; } = 2;

    /// <summary>Large bodies of a project at one time.</summary>
    public int Bulk { get; init; } = 8;

    /// <summary>Requests of a project that wait for their turn.</summary>
    public int Waiting { get; init; } = 1_000;

    /// <summary>How long a request waits for its turn.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>
/// Keeps one project from using up what all share: so many of its requests are at work at one time, the others wait for them in the order
/// in which they came, and only a project that keeps too many waiting is refused (429). Nothing is taken from a project by what another
/// one does. Check, consume and their like pass by: the lanes have a queue of their own.
/// </summary>
public sealed class FairShare(FairShareOptions options) : IDisposable
{
    /// <summary>
    /// Requests without a key (pages of checkouts and the portal, webhooks of providers) have the share of their address, and all of them together
    /// twice that: one stranger leaves room for the others. Addresses are sorted into so many shares, so that memory has a bound.
    /// </summary>
    private const int StrangerShares = 64;

    /// <summary>Bytes of a body that a light request may have: a hundred events and more.</summary>
    private const long LargestLightBody = 256 * 1024;

    /// <summary>Connections that look up customer tokens at one time: whose project a token is, is known only afterwards. One look-up takes a millisecond.</summary>
    private const int LookUps = 3;

    private readonly SemaphoreSlim _lookUps = new(LookUps);
    private readonly SemaphoreSlim _strangers = new(2 * options.Requests);
    private readonly ConcurrentDictionary<int, Places> _projects = new();
    private readonly Meter _meter = new("Tollgate");
    private Counter<long>? _refused;

    /// <summary>What the request takes.</summary>
    public static Load LoadOf(HttpContext context)
    {
        var load = context.GetEndpoint()?.Metadata.GetMetadata<LoadOf>()?.Load ?? Load.Ordinary;
        return load == Load.Light && !IsSmall(context.Request) ? Load.Bulk : load;
    }

    /// <summary>A turn for the request, to be given back at its end. Null: there is none, and the problem is written.</summary>
    public async ValueTask<Turn?> TakeAsync(HttpContext context, int? project, Load load)
    {
        if (load != Load.Bulk)
        {
            // Before the turn: a sender who dribbles must not hold it. Customer tokens and pages are in the hands of strangers.
            await Body.ArriveAsync(context, WireLimits.BodyBytes);
        }

        var places = _projects.GetOrAdd(project ?? ShareOf(context.Connection.RemoteIpAddress), static (_, options) => new(options), options);
        var turn = project is null ? await places.TakeAsync(_strangers, load == Load.Heavy ? places.Heavy : places.Requests, context.RequestAborted)
            : load == Load.Bulk ? await places.TakeAsync(places.Bulk, null, context.RequestAborted)
            : await places.TakeAsync(places.Requests, load == Load.Heavy ? places.Heavy : null, context.RequestAborted);
        if (turn is null)
        {
            _refused?.Add(1, new KeyValuePair<string, object?>("load", Named(load)));
            await Problems.WriteAsync(context, ErrorCode.ProjectBusy, Explain(project is null ? "This address" : "The project", load));
        }

        return turn;
    }

    /// <summary>A turn to look up a token.</summary>
    public async ValueTask<Turn> TakeLookUpAsync(CancellationToken cancel)
    {
        await _lookUps.WaitAsync(cancel);
        return new(_lookUps, null);
    }

    public void Dispose()
    {
        _lookUps.Dispose();
        _strangers.Dispose();
        _meter.Dispose();
        foreach (var places in _projects.Values)
        {
            places.Dispose();
        }
    }

    /// <summary>Makes the instruments: whoever listens to them must be there first.</summary>
    internal void Start()
    {
        _meter.CreateObservableGauge(
            "tollgate.share.waiting", () => _projects.Values.Sum(static places => (long)places.Waiting), "{request}", "Requests that wait because their project uses its share.");
        _refused = _meter.CreateCounter<long>("tollgate.share.refused", "{request}", "Requests refused because their project used its share.");
    }

    private static bool IsSmall(HttpRequest request) => request.ContentLength is { } length
        ? length <= LargestLightBody
        : !request.Headers.ContainsKey("Transfer-Encoding");

    /// <summary>Below the ids of projects.</summary>
    private static int ShareOf(IPAddress? stranger) => -1 - (int)((uint)Neighborhood.Of(stranger).GetHashCode() % StrangerShares);

    private static string Named(Load load) => load switch { Load.Bulk => "bulk", Load.Heavy => "heavy", _ => "ordinary" };

    private string Explain(string who, Load load)
    {
        var (most, what, knob) = load switch
        {
            Load.Bulk => (options.Bulk, "large bodies", "TOLLGATE_PROJECT_BULK"),
            Load.Heavy => (options.Heavy, "heavy requests (exports, PDFs, analyses, catalogues, clock advances)", "TOLLGATE_PROJECT_HEAVY"),
            _ => (options.Requests, "requests", "TOLLGATE_PROJECT_REQUESTS"),
        };
        return FormattableString.Invariant(
            $"{who} has {most} {what} at work, which is its share of the server ({knob}), and this one got no turn within {options.Wait.TotalSeconds:0} seconds or found {options.Waiting} waiting. Send fewer at one time.");
    }

    /// <summary>What a request holds while it is at work.</summary>
    public readonly struct Turn(SemaphoreSlim first, SemaphoreSlim? second) : IDisposable
    {
        public void Dispose()
        {
            second?.Release();
            first.Release();
        }
    }

    private sealed class Places(FairShareOptions options) : IDisposable
    {
        private int _waiting;

        public SemaphoreSlim Requests { get; } = new(options.Requests);

        public SemaphoreSlim Heavy { get; } = new(options.Heavy);

        public SemaphoreSlim Bulk { get; } = new(options.Bulk);

        public int Waiting => Volatile.Read(ref _waiting);

        /// <param name="narrow">Taken first, so that what waits for it holds no place of the others.</param>
        public async ValueTask<Turn?> TakeAsync(SemaphoreSlim wide, SemaphoreSlim? narrow, CancellationToken cancel)
        {
            if (narrow is not null && !await WaitAsync(narrow, cancel))
            {
                return null;
            }

            var taken = false;
            try
            {
                taken = await WaitAsync(wide, cancel);
                return taken ? new Turn(wide, narrow) : null;
            }
            finally
            {
                if (!taken)
                {
                    narrow?.Release();
                }
            }
        }

        public void Dispose()
        {
            Requests.Dispose();
            Heavy.Dispose();
            Bulk.Dispose();
        }

        private async ValueTask<bool> WaitAsync(SemaphoreSlim places, CancellationToken cancel)
        {
            if (await places.WaitAsync(0, CancellationToken.None))
            {
                return true;
            }

            if (Interlocked.Increment(ref _waiting) > options.Waiting)
            {
                Interlocked.Decrement(ref _waiting);
                return false;
            }

            try
            {
                return await places.WaitAsync(options.Wait, cancel);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }
}
