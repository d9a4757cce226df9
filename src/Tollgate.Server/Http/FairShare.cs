using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>The shared resources that a request uses: connections of the pool, cores, memory.</summary>
public enum Load
{
    /// <summary>Short work on the database: most endpoints, and the default.</summary>
    Ordinary,

    /// <summary>
    /// The lanes decide it or memory answers it, so it uses no connection of the pool. A large body makes it <see cref="Bulk"/>.
    /// </summary>
    Light,

    /// <summary>
    /// It has its own limits and holds no connection of the pool while it waits for a client or an upstream: a call of the gateway, an
    /// export of events or invoices.
    /// </summary>
    Own,

    /// <summary>A large body, or one of unknown length: thousands of events in memory at once.</summary>
    Bulk,

    /// <summary>
    /// Seconds of a core or of PostgreSQL: a catalogue, an advance of a test clock, an export, a PDF, an analysis, a verification.
    /// </summary>
    Heavy,

    /// <summary>A webhook of a provider: it has its own places, so that no page delays it.</summary>
    Webhook,
}

/// <summary>Metadata of an endpoint whose requests are not <see cref="Load.Ordinary"/>.</summary>
/// <param name="Narrow">A query parameter with which a request is ordinary nevertheless; null: none.</param>
public sealed record LoadOf(Load Load, string? Narrow = null)
{
    public Load For(HttpRequest request) => Narrow is not null && !string.IsNullOrEmpty(request.Query[Narrow]) ? Load.Ordinary : Load;
}

public static class LoadExtensions
{
    public static TBuilder WithLoad<TBuilder>(this TBuilder endpoint, Load load)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new LoadOf(load));

    /// <summary>
    /// Heavy unless the query parameter <c>customer</c> selects one customer's rows: there is no index over all rows of a project.
    /// </summary>
    public static TBuilder WithLoadByCustomer<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new LoadOf(Load.Heavy, "customer"));
}

/// <summary>The share of the server that one project may use at one time. Each member is an option of the server.</summary>
public sealed record FairShareOptions
{
    /// <summary>Running requests of a project, heavy ones included, without light ones.</summary>
    public int Requests { get; init; } = 6;

    /// <summary>Running heavy requests of a project.</summary>
    public int Heavy { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Large bodies of a project at one time.</summary>
    public int Bulk { get; init; } = 8;

    /// <summary>Requests of a project that wait for their turn.</summary>
    public int Waiting { get; init; } = 1_000;

    /// <summary>The longest time for which a request waits for its turn.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time for an ordinary body to arrive.</summary>
    public TimeSpan BodyTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The additional share of a project's visitors: half of its requests and large bodies, one heavy request, and as many waiting
    /// requests.
    /// </summary>
    public FairShareOptions OfVisitors() => this with { Requests = Math.Max(1, Requests / 2), Heavy = 1, Bulk = Math.Max(1, Bulk / 2) };
}

/// <summary>
/// Prevents one project from exhausting shared resources: a limited number of its requests run at one time, the others wait in the order of
/// arrival, and a project with too many waiting requests gets 429. The load of one project takes no places from another. Check, consume and
/// similar calls bypass it, since the lanes have their own queue; only their larger bodies need room here until they have arrived.
/// </summary>
public sealed class FairShare(FairShareOptions options) : IDisposable
{
    /// <summary>
    /// Requests without a key (pages of checkouts and the portal, webhooks of providers) have the share of their address, and all of them
    /// together twice that, so that one stranger leaves room for others. A page uses it only until it knows its project
    /// (<see cref="MoveAsync"/>). Addresses are hashed to this number of shares, which limits the memory.
    /// </summary>
    private const int UnknownCallerShares = 64;

    /// <summary>The most bytes in the body of a light request: a hundred events and more.</summary>
    private const int LargestLightBody = 256 * 1024;

    /// <summary>The most bytes in the body of a request without a key: the forms of pages have a few fields.</summary>
    private const int LargestStrangeBody = 64 * 1024;

    /// <summary>
    /// The most bytes of a provider's webhook: the largest known events have some 100 kB, and Tollgate hashes each byte for every project
    /// with keys.
    /// </summary>
    public const int LargestWebhook = 256 * 1024;

    /// <summary>
    /// The most bytes of a body that needs no reserved room: forms and most events. 10,000 connections hold at most 160 MB of them.
    /// </summary>
    private const int SmallBody = 16 * 1024;

    /// <summary>The most reserved bytes for larger bodies of one project or address that have no turn yet: an eighth of all.</summary>
    private const long BodiesOfOne = BodiesOfAll / 8;

    /// <summary>The most reserved bytes for larger bodies of the server that have no turn yet.</summary>
    private const long BodiesOfAll = 256L * 1024 * 1024;

    private readonly TokenLookUps _lookUps = new();
    private readonly SemaphoreSlim _strangers = new(2 * options.Requests);
    private readonly SemaphoreSlim _webhooks = new(2 * options.Requests);
    private readonly BodyRoom _bodies = new(BodiesOfAll);
    private readonly ConcurrentDictionary<int, Places> _projects = new();
    private readonly ConcurrentDictionary<int, Places> _visitors = new();
    private readonly ConcurrentDictionary<int, Places> _pricing = new();
    private readonly FairShareOptions _ofVisitors = options.OfVisitors();
    private readonly Meter _meter = new("Tollgate");
    private Counter<long>? _refused;

    /// <summary>Returns the load of the request.</summary>
    public static Load LoadOf(HttpContext context)
    {
        var load = context.GetEndpoint()?.Metadata.GetMetadata<LoadOf>()?.For(context.Request) ?? Load.Ordinary;
        return load == Load.Light && !IsSmall(context.Request) ? Load.Bulk : load;
    }

    /// <summary>
    /// Takes a turn for the request; dispose of it at the request's end. Null: there is none, and the problem is written.
    /// </summary>
    /// <param name="caller">Null: a request without a key, whose project is not known yet.</param>
    public async ValueTask<Turn?> TakeAsync(HttpContext context, Caller? caller, Load load)
    {
        var places = PlacesOf(context, caller);
        if (load == Load.Bulk)
        {
            return await TakeTurnAsync(context, places, load);
        }

        // Waits for the body before the turn, since a slow sender must not hold one. Anybody may hold a customer token or the URL of a
        // page.
        var most = caller is null ? Body.Bound(context, load == Load.Webhook ? LargestWebhook : LargestStrangeBody) : WireLimits.BodyBytes;
        var bytes = Body.LengthOf(context, most);
        if (bytes <= SmallBody)
        {
            await Body.ArriveAsync(context, most, options.BodyTime);
            return await TakeTurnAsync(context, places, load);
        }

        if (!await TakeRoomAsync(context, places, load, bytes))
        {
            return null;
        }

        try
        {
            await Body.ArriveAsync(context, most, options.BodyTime);
            return await TakeTurnAsync(context, places, load);
        }
        finally
        {
            places.Bodies.Give(bytes);
        }
    }

    /// <summary>True if the body of a light request needs reserved room until it has arrived. Smaller ones cost nothing here.</summary>
    public static bool NeedsRoom(HttpRequest request) => request.ContentLength > SmallBody;

    /// <summary>Waits until the body of a light request has arrived. It reserves room until then, and takes no turn.</summary>
    /// <returns>False: there is no room, and the problem is written.</returns>
    /// <exception cref="BadHttpRequestException">The body did not arrive in time.</exception>
    public async ValueTask<bool> ArriveAsync(HttpContext context, Caller caller)
    {
        var (places, bytes) = (PlacesOf(context, caller), Body.LengthOf(context, LargestLightBody));
        if (!await TakeRoomAsync(context, places, Load.Light, bytes))
        {
            return false;
        }

        try
        {
            await Body.ArriveAsync(context, LargestLightBody, options.BodyTime);
            return true;
        }
        finally
        {
            places.Bodies.Give(bytes);
        }
    }

    /// <summary>
    /// Moves a request without a key to its project's visitors, once the page knows the project, and releases the place of the address.
    /// </summary>
    /// <returns>False: the project has no turn, and the problem is written.</returns>
    public async ValueTask<bool> MoveAsync(HttpContext context, int project, Load load)
    {
        if (context.Features.Get<OpenTurn>() is not { } open)
        {
            return true; // It came with a key.
        }

        open.Dispose();
        open.Turn = await TakeTurnAsync(context, VisitorsOf(project), load);
        return open.Turn is not null;
    }

    /// <summary>
    /// Moves a request to the pricing pages of its project, which have their own places: anybody may ask for as many of them as they
    /// like, so no customer who pays may wait behind them. It keeps the place until its end.
    /// </summary>
    /// <returns>False: the pricing pages have no place, and the problem is written.</returns>
    public async ValueTask<bool> MoveToPricingAsync(HttpContext context, int project)
    {
        context.Features.Get<OpenTurn>()?.Dispose();
        if (await TakeTurnAsync(context, PlacesOf(_pricing, project, _ofVisitors, Who.Pricing), Load.Ordinary) is not { } turn)
        {
            return false;
        }

        context.Response.RegisterForDispose(turn);
        return true;
    }

    /// <summary>
    /// Anybody may hold public keys and customer tokens or send requests without a key, so these have their own places: the project's back
    /// end never waits for them.
    /// </summary>
    private Places PlacesOf(HttpContext context, Caller? caller) => caller switch
    {
        null => PlacesOf(_projects, ShareOf(context.Connection.RemoteIpAddress), options, Who.Address),
        { Kind: KeyKind.Public or KeyKind.CustomerToken } => VisitorsOf(caller.Project!.Id),
        _ => PlacesOf(_projects, caller.Project!.Id, options, Who.Project),
    };

    private IEnumerable<Places> All => _projects.Values.Concat(_visitors.Values).Concat(_pricing.Values);

    private Places VisitorsOf(int project) => PlacesOf(_visitors, project, _ofVisitors, Who.Visitors);

    private Places PlacesOf(ConcurrentDictionary<int, Places> all, int id, FairShareOptions share, Who who) =>
        all.GetOrAdd(id, static (_, made) => new(made.Share, made.Bodies, made.Who), (Share: share, Bodies: _bodies, Who: who));

    private async ValueTask<bool> TakeRoomAsync(HttpContext context, Places places, Load load, long bytes)
    {
        if (places.Bodies.TryTake(bytes))
        {
            return true;
        }

        _refused?.Add(1, new KeyValuePair<string, object?>("load", Named(load)));
        await Problems.WriteAsync(context, ErrorCode.ProjectBusy, NoRoom);
        return false;
    }

    private async ValueTask<Turn?> TakeTurnAsync(HttpContext context, Places places, Load load)
    {
        var cancel = context.RequestAborted;
        var turn = load == Load.Webhook ? await places.TakeAsync(_webhooks, places.Webhooks, cancel)
            : places.Who == Who.Address ? await places.TakeAsync(_strangers, load == Load.Heavy ? places.Heavy : places.Requests, cancel)
            : load == Load.Bulk ? await places.TakeAsync(places.Bulk, null, cancel)
            : await places.TakeAsync(places.Requests, load == Load.Heavy ? places.Heavy : null, cancel);
        if (turn is null)
        {
            _refused?.Add(1, new KeyValuePair<string, object?>("load", Named(load)));
            await Problems.WriteAsync(context, ErrorCode.ProjectBusy, Explain(places, load));
        }

        return turn;
    }

    /// <inheritdoc cref="TokenLookUps.TakeAsync"/>
    public ValueTask<IDisposable?> TakeLookUpAsync(KeyHash token, CancellationToken cancel) => _lookUps.TakeAsync(token, cancel);

    public void Dispose()
    {
        _lookUps.Dispose();
        _strangers.Dispose();
        _webhooks.Dispose();
        _meter.Dispose();
        foreach (var places in All)
        {
            places.Dispose();
        }
    }

    /// <summary>Creates the instruments, after their listeners exist.</summary>
    internal void Start()
    {
        _meter.CreateObservableGauge(
            "tollgate.share.waiting", () => All.Sum(static places => (long)places.Waiting),
            "{request}", "Requests that wait because their project has used its share.");
        _refused = _meter.CreateCounter<long>(
            "tollgate.share.refused", "{request}", "Requests that the server refused because their project had used its share.");
    }

    private static bool IsSmall(HttpRequest request) => request.ContentLength is { } length
        ? length <= LargestLightBody
        : !request.Headers.ContainsKey("Transfer-Encoding");

    /// <summary>The share of an address, with numbers below the ids of projects.</summary>
    private static int ShareOf(IPAddress? stranger) => -1 - (int)((uint)Neighborhood.Of(stranger).GetHashCode() % UnknownCallerShares);

    private static string Named(Load load) =>
        load switch { Load.Bulk => "bulk", Load.Heavy => "heavy", Load.Webhook => "webhook", _ => "ordinary" };

    private static readonly string NoRoom = FormattableString.Invariant(
        $"While bodies of more than {SmallBody / 1024} KiB arrive or wait for their turn, they may take {BodiesOfOne / 1024 / 1024} MiB for one project or address and {BodiesOfAll / 1024 / 1024} MiB on the server. This body would exceed that. Send fewer at one time.");

    private static string Explain(Places places, Load load)
    {
        var options = places.Options;
        var (who, part) = places.Who switch
        {
            Who.Address => ("This address has", "its share of the server"),
            Who.Visitors =>
                ("The project's public keys, customer tokens and pages together have", "the visitors' part of its share of the server"),
            Who.Pricing => ("The project's pricing pages together have", "their part of its share of the server"),
            _ => ("The project has", "its share of the server"),
        };
        var (most, what, knob) = load switch
        {
            Load.Bulk => (options.Bulk, options.Bulk == 1 ? "large body" : "large bodies", "TOLLGATE_PROJECT_BULK"),
            Load.Heavy =>
                (options.Heavy,
                    (options.Heavy == 1 ? "heavy request" : "heavy requests")
                        + " (exports, PDFs, analyses, catalogues, clock advances, verification, searches without a customer)",
                        "TOLLGATE_PROJECT_HEAVY"),
            _ => (options.Requests, options.Requests == 1 ? "request" : "requests", "TOLLGATE_PROJECT_REQUESTS"),
        };
        return FormattableString.Invariant(
            $"{who} {most} {what} in progress, which is {part} ({knob}). This request waited {options.Wait.TotalSeconds:0} seconds, or {options.Waiting} others were already waiting. Send fewer at one time.");
    }

    /// <summary>The places that a request holds while it runs.</summary>
    public readonly struct Turn(SemaphoreSlim first, SemaphoreSlim? second) : IDisposable
    {
        public void Dispose()
        {
            second?.Release();
            first.Release();
        }
    }

    /// <summary>The turn of a request without a key, which may become a turn of the project of its page.</summary>
    public sealed class OpenTurn(Turn turn) : IDisposable
    {
        internal Turn? Turn { get; set; } = turn;

        public void Dispose()
        {
            Turn?.Dispose();
            Turn = null;
        }
    }

    /// <summary>A limited number of bytes reserved for bodies, optionally as a part of a larger room.</summary>
    private sealed class BodyRoom(long most, BodyRoom? whole = null)
    {
        private long _taken;

        public bool TryTake(long bytes)
        {
            if (Interlocked.Add(ref _taken, bytes) <= most && whole?.TryTake(bytes) != false)
            {
                return true;
            }

            Interlocked.Add(ref _taken, -bytes);
            return false;
        }

        public void Give(long bytes)
        {
            Interlocked.Add(ref _taken, -bytes);
            whole?.Give(bytes);
        }
    }

    /// <summary>The sharers of a set of places.</summary>
    private enum Who
    {
        /// <summary>The secret and restricted keys of a project, and the admin key with that project.</summary>
        Project,

        /// <summary>Public keys, customer tokens, requests without a key and pages of a project.</summary>
        Visitors,

        /// <summary>Pricing pages of a project that are not cached.</summary>
        Pricing,

        /// <summary>The address of a request without a key, until its page knows the project.</summary>
        Address,
    }

    private sealed class Places(FairShareOptions options, BodyRoom all, Who who) : IDisposable
    {
        private int _waiting;

        public FairShareOptions Options => options;

        public Who Who => who;

        public BodyRoom Bodies { get; } = new(BodiesOfOne, all);

        public SemaphoreSlim Requests { get; } = new(options.Requests);

        public SemaphoreSlim Heavy { get; } = new(options.Heavy);

        public SemaphoreSlim Bulk { get; } = new(options.Bulk);

        public SemaphoreSlim Webhooks { get; } = new(options.Requests);

        public int Waiting => Volatile.Read(ref _waiting);

        /// <param name="narrow">Taken first, so that a request that waits for it holds no place of the wider limit.</param>
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
            Webhooks.Dispose();
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
