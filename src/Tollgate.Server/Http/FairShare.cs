using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>What a request takes of what all projects share: connections of the pool, cores, memory.</summary>
public enum Load
{
    /// <summary>Short work on the database: most endpoints, and the default.</summary>
    Ordinary,

    /// <summary>
    /// Decided by the lanes or answered from memory: it takes no connection of the pool. A large body makes it <see cref="Bulk"/>.
    /// </summary>
    Light,

    /// <summary>
    /// Has limits of its own and holds no connection of the pool while it waits for somebody: a call of the gateway, an export of events or
    /// invoices.
    /// </summary>
    Own,

    /// <summary>A large body, or one whose length nobody knows: thousands of events in memory at once.</summary>
    Bulk,

    /// <summary>
    /// Seconds of a core or of PostgreSQL: a catalogue, an advance of a test clock, an export, a PDF, an analysis, a verification.
    /// </summary>
    Heavy,

    /// <summary>A webhook of a provider: it has places of its own, so that no page keeps it waiting.</summary>
    Webhook,
}

/// <summary>Metadata of an endpoint whose requests are not <see cref="Load.Ordinary"/>.</summary>
/// <param name="Narrow">A query parameter with which they are ordinary all the same; null: none.</param>
public sealed record LoadOf(Load Load, string? Narrow = null)
{
    public Load For(HttpRequest request) => Narrow is not null && !string.IsNullOrEmpty(request.Query[Narrow]) ? Load.Ordinary : Load;
}

public static class LoadExtensions
{
    public static TBuilder WithLoad<TBuilder>(this TBuilder endpoint, Load load)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new LoadOf(load));

    /// <summary>
    /// Heavy unless the query parameter <c>customer</c> says whose rows are looked through: there is no index over all of a project's.
    /// </summary>
    public static TBuilder WithLoadByCustomer<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new LoadOf(Load.Heavy, "customer"));
}

/// <summary>How much of the server one project may use at one time. Each is an option of the server.</summary>
public sealed record FairShareOptions
{
    /// <summary>Requests of a project at work at one time, heavy ones included; without light ones.</summary>
    public int Requests { get; init; } = 6;

    /// <summary>Heavy requests of a project at work at one time.</summary>
    public int Heavy { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Large bodies of a project at one time.</summary>
    public int Bulk { get; init; } = 8;

    /// <summary>Requests of a project that wait for their turn.</summary>
    public int Waiting { get; init; } = 1_000;

    /// <summary>How long a request waits for its turn.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an ordinary body may take to arrive.</summary>
    public TimeSpan BodyTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What a project's visitors have beside it: half of its requests and large bodies, one heavy request, and as many that wait.
    /// </summary>
    public FairShareOptions OfVisitors() => this with { Requests = Math.Max(1, Requests / 2), Heavy = 1, Bulk = Math.Max(1, Bulk / 2) };
}

/// <summary>
/// Keeps one project from using up what all share: so many of its requests are at work at one time, the others wait for them in the order
/// in which they came, and only a project that keeps too many waiting is refused (429). Nothing is taken from a project by what another
/// one does. Check, consume and their like pass by: the lanes have a queue of their own. Only their larger bodies wait here until they have
/// arrived.
/// </summary>
public sealed class FairShare(FairShareOptions options) : IDisposable
{
    /// <summary>
    /// Requests without a key (pages of checkouts and the portal, webhooks of providers) have the share of their address, and all of them
    /// together twice that: one stranger leaves room for the others. A page takes it only until it knows its project
    /// (<see cref="MoveAsync"/>). Addresses are sorted into so many shares, so that memory has a bound.
    /// </summary>
    private const int UnknownCallerShares = 64;

    /// <summary>Bytes of a body that a light request may have: a hundred events and more.</summary>
    private const int LargestLightBody = 256 * 1024;

    /// <summary>Bytes of a body that a request without a key may have: the forms of pages have a few fields.</summary>
    private const int LargestStrangeBody = 64 * 1024;

    /// <summary>
    /// Bytes of a webhook of a provider: the largest events that are known have some 100 kB, and each byte is hashed for every project with
    /// keys.
    /// </summary>
    public const int LargestWebhook = 256 * 1024;

    /// <summary>Bytes of a body that needs no room: forms and most events. 10,000 connections have 160 MB of them at most.</summary>
    private const int SmallBody = 16 * 1024;

    /// <summary>
    /// Bytes of larger bodies of one project or address that have no turn yet, as far as they may come: an eighth of all.
    /// </summary>
    private const long BodiesOfOne = BodiesOfAll / 8;

    /// <summary>Bytes of larger bodies of the server that have no turn yet.</summary>
    private const long BodiesOfAll = 256L * 1024 * 1024;

    private readonly TokenLookUps _lookUps = new();
    private readonly SemaphoreSlim _strangers = new(2 * options.Requests);
    private readonly SemaphoreSlim _webhooks = new(2 * options.Requests);
    private readonly BodyRoom _bodies = new(BodiesOfAll);
    private readonly ConcurrentDictionary<int, Places> _projects = new();
    private readonly ConcurrentDictionary<int, Places> _visitors = new();
    private readonly FairShareOptions _ofVisitors = options.OfVisitors();
    private readonly Meter _meter = new("Tollgate");
    private Counter<long>? _refused;

    /// <summary>What the request takes.</summary>
    public static Load LoadOf(HttpContext context)
    {
        var load = context.GetEndpoint()?.Metadata.GetMetadata<LoadOf>()?.For(context.Request) ?? Load.Ordinary;
        return load == Load.Light && !IsSmall(context.Request) ? Load.Bulk : load;
    }

    /// <summary>A turn for the request, to be given back at its end. Null: there is none, and the problem is written.</summary>
    /// <param name="caller">Null: a stranger, whose project nobody knows yet.</param>
    public async ValueTask<Turn?> TakeAsync(HttpContext context, Caller? caller, Load load)
    {
        var places = PlacesOf(context, caller);
        if (load == Load.Bulk)
        {
            return await TakeTurnAsync(context, places, load);
        }

        // Before the turn: a sender who dribbles must not hold it. Customer tokens and pages are in the hands of strangers.
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

    /// <summary>Whether a light request has a body that needs room until it is here. The others cost nothing here.</summary>
    public static bool NeedsRoom(HttpRequest request) => request.ContentLength > SmallBody;

    /// <summary>Waits until the body of a light request is here. It takes room until then, and no turn.</summary>
    /// <returns>False: there is no room, and the problem is written.</returns>
    /// <exception cref="BadHttpRequestException">The body is not here in time.</exception>
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
    /// The page of a stranger has named the project: from here on the request is one of the project's visitors, and the place of the
    /// address is free again.
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
    /// Public keys, customer tokens and requests without a key are in anybody's hands: however many they send, the project's own back end
    /// does not wait for them.
    /// </summary>
    private Places PlacesOf(HttpContext context, Caller? caller) => caller switch
    {
        null => PlacesOf(_projects, ShareOf(context.Connection.RemoteIpAddress), options, Who.Address),
        { Kind: KeyKind.Public or KeyKind.CustomerToken } => VisitorsOf(caller.Project!.Id),
        _ => PlacesOf(_projects, caller.Project!.Id, options, Who.Project),
    };

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
        foreach (var places in _projects.Values.Concat(_visitors.Values))
        {
            places.Dispose();
        }
    }

    /// <summary>Makes the instruments: whoever listens to them must be there first.</summary>
    internal void Start()
    {
        _meter.CreateObservableGauge(
            "tollgate.share.waiting", () => _projects.Values.Concat(_visitors.Values).Sum(static places => (long)places.Waiting),
            "{request}", "Requests that wait because their project uses its share.");
        _refused = _meter.CreateCounter<long>(
            "tollgate.share.refused", "{request}", "Requests refused because their project used its share.");
    }

    private static bool IsSmall(HttpRequest request) => request.ContentLength is { } length
        ? length <= LargestLightBody
        : !request.Headers.ContainsKey("Transfer-Encoding");

    /// <summary>Below the ids of projects.</summary>
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
            $"{who} {most} {what} at work, which is {part} ({knob}). This request waited {options.Wait.TotalSeconds:0} seconds, or {options.Waiting} others were waiting already. Send fewer at one time.");
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

    /// <summary>The turn of a request without a key, which may become one of the project that its page names.</summary>
    public sealed class OpenTurn(Turn turn) : IDisposable
    {
        internal Turn? Turn { get; set; } = turn;

        public void Dispose()
        {
            Turn?.Dispose();
            Turn = null;
        }
    }

    /// <summary>Bytes that are promised to bodies, of which there is a bound; and a part of what a larger room has.</summary>
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

    /// <summary>Who shares places.</summary>
    private enum Who
    {
        /// <summary>The secret and restricted keys of a project, and the admin key at work on it.</summary>
        Project,

        /// <summary>Public keys, customer tokens, requests without a key and pages of a project.</summary>
        Visitors,

        /// <summary>A stranger's address, until its page has named the project.</summary>
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
