using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tollgate.Server.Outbound;

/// <summary>
/// Looks up names that tenants write, on threads of its own: the system's resolver keeps its thread for as long as a tenant's DNS server
/// likes, and the pool's are for everybody. All names below one domain (its last two labels) share two threads, and all names that one
/// project asks for share four: a project that writes names of many slow domains leaves the rest to the others.
/// </summary>
/// <param name="ask">The addresses of a name. It may block.</param>
internal sealed class NameLookups(Func<string, IPAddress[]> ask)
{
    private const int Threads = 32;

    /// <summary>At one time, of one domain.</summary>
    private const int ThreadsOfDomain = 2;

    /// <summary>
    /// At one time, of one project: it has some left when a domain of it is slow. Six projects can keep the threads for new names busy, one
    /// cannot.
    /// </summary>
    private const int ThreadsOfProject = 4;

    /// <summary>Names that have never led anywhere leave so many threads to those that have, such as the providers'.</summary>
    private const int ThreadsForKnown = 8;

    private const int MostWaiting = 512;
    private const int MostWaitingOfDomain = 32;

    /// <summary>As many as a project has webhooks in flight: after a start each may be to a name of its own.</summary>
    private const int MostWaitingOfProject = 64;

    /// <summary>Names that are remembered, of either kind. Beyond it all are forgotten.</summary>
    private const int MostRemembered = 10_000;

    /// <summary>A caller waits so long. The look-up goes on, and whoever asks for the same name meanwhile waits for it too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// So long a name that led nowhere is not asked for again, unless it has led somewhere before: then the resolver may be away for a
    /// moment.
    /// </summary>
    private static readonly TimeSpan FailureTime = TimeSpan.FromMinutes(1);

    // Also the lock of all that follows.
    private readonly LinkedList<Lookup> _waiting = [];
    private readonly Dictionary<string, Lookup> _underWay = [];
    private readonly Dictionary<string, int> _busy = [];
    private readonly Dictionary<int, int> _busyOf = [];
    private readonly Dictionary<string, long> _failures = [];
    private readonly HashSet<string> _known = [];
    private int _threads;
    private int _strangers;

    /// <summary>By the machine's resolver, for the whole process.</summary>
    public static NameLookups OfMachine { get; } = new(Dns.GetHostAddresses);

    private sealed class Lookup(string host, bool isKnown)
    {
        public string Host => host;

        public string Domain { get; } = DomainOf(host);

        public bool IsKnown => isKnown;

        /// <summary>Those that wait for it, the first one first.</summary>
        public List<int> Projects { get; } = [];

        /// <summary>Whose thread it has.</summary>
        public int Payer { get; set; }

        /// <summary>When the last caller came.</summary>
        public long Since { get; private set; }

        public TaskCompletionSource<IPAddress[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Lookup Join(int project)
        {
            Since = Stopwatch.GetTimestamp();
            if (!Projects.Contains(project))
            {
                Projects.Add(project);
            }

            return this;
        }
    }

    /// <param name="project">The project that wrote the name.</param>
    /// <exception cref="SocketException">The name leads nowhere, its servers do not answer in time, or too many names are being looked
    /// up.</exception>
    public async Task<IPAddress[]> ResolveAsync(int project, string host, CancellationToken cancel)
    {
        try
        {
            return await Begin(project, host.TrimEnd('.').ToLowerInvariant()).WaitAsync(Patience, cancel);
        }
        catch (TimeoutException)
        {
            throw new SocketException((int)SocketError.TryAgain);
        }
    }

    private Task<IPAddress[]> Begin(int project, string host)
    {
        lock (_waiting)
        {
            if (_underWay.TryGetValue(host, out var same))
            {
                // It may have waited for a thread of another project only; from now on it may also have one of this project.
                same.Join(project);
                StartWork();
                return same.Answer.Task;
            }

            if (_failures.TryGetValue(host, out var at) && Stopwatch.GetElapsedTime(at) < FailureTime)
            {
                return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
            }

            var lookup = new Lookup(host, _known.Contains(host));
            if (IsFull(project, lookup.Domain))
            {
                return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain));
            }

            _underWay.Add(host, lookup.Join(project));
            _waiting.AddLast(lookup);
            StartWork();
            return lookup.Answer.Task;
        }
    }

    /// <summary>The lock is held.</summary>
    private bool IsFull(int project, string domain) =>
        _waiting.Count >= MostWaiting || _waiting.Count(one => one.Domain == domain) >= MostWaitingOfDomain
            || _waiting.Count(one => one.Projects[0] == project) >= MostWaitingOfProject;

    /// <summary>
    /// A look-up that ends leaves room of its domain and of its project, which two others may wait for. The lock is held.
    /// </summary>
    private void StartWork()
    {
        while (_threads < Threads && Take() is { } next)
        {
            _threads++;
            new Thread(() => Work(next)) { IsBackground = true, Name = "Names" }.Start();
        }
    }

    private static string DomainOf(string host) => string.Join('.', host.Split('.').TakeLast(2));

    private void Work(Lookup first)
    {
        for (var lookup = first; lookup is not null;)
        {
            var (done, (addresses, failure)) = (lookup, Ask(lookup));
            lookup = EndAndTake(done, addresses);
            if (addresses is not null)
            {
                done.Answer.SetResult(addresses);
            }
            else
            {
                done.Answer.SetException(failure!);
            }
        }
    }

    /// <summary>
    /// The first that waits and may have a thread, of a project without one before all others; null: none may. The lock is held.
    /// </summary>
    private Lookup? Take()
    {
        Lookup? next = null;
        foreach (var one in _waiting)
        {
            var payer = one.Projects.MinBy(BusyOf);
            if (_busy.GetValueOrDefault(one.Domain) < ThreadsOfDomain && BusyOf(payer) < ThreadsOfProject
                && (one.IsKnown || _strangers < Threads - ThreadsForKnown)
                && (next is null || BusyOf(payer) < BusyOf(next.Payer)))
            {
                (next, one.Payer) = (one, payer);
            }
        }

        if (next is not null)
        {
            _waiting.Remove(next);
            _busy[next.Domain] = _busy.GetValueOrDefault(next.Domain) + 1;
            _busyOf[next.Payer] = BusyOf(next.Payer) + 1;
            _strangers += next.IsKnown ? 0 : 1;
        }

        return next;
    }

    private int BusyOf(int project) => _busyOf.GetValueOrDefault(project);

    private (IPAddress[]? Addresses, Exception? Failure) Ask(Lookup lookup)
    {
        if (HasBeenLeft(lookup))
        {
            return (null, new SocketException((int)SocketError.TryAgain));
        }

        try
        {
            return (ask(lookup.Host), null);
        }
        catch (Exception e)
        {
            Remember(lookup);
            return (null, e);
        }
    }

    /// <summary>All callers have gone.</summary>
    private bool HasBeenLeft(Lookup lookup)
    {
        lock (_waiting)
        {
            return Stopwatch.GetElapsedTime(lookup.Since) > Patience;
        }
    }

    private void Remember(Lookup failed)
    {
        lock (_waiting)
        {
            if (failed.IsKnown)
            {
                return;
            }

            if (_failures.Count >= MostRemembered)
            {
                _failures.Clear();
            }

            _failures[failed.Host] = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Null: the thread ends, since no other look-up may have it.</summary>
    private Lookup? EndAndTake(Lookup lookup, IPAddress[]? addresses)
    {
        lock (_waiting)
        {
            _underWay.Remove(lookup.Host);
            _strangers -= lookup.IsKnown ? 0 : 1;
            if (--_busy[lookup.Domain] == 0)
            {
                _busy.Remove(lookup.Domain);
            }

            if (--_busyOf[lookup.Payer] == 0)
            {
                _busyOf.Remove(lookup.Payer);
            }

            if (addresses is not null)
            {
                if (_known.Count >= MostRemembered)
                {
                    _known.Clear();
                }

                _known.Add(lookup.Host);
            }

            var next = Take();
            _threads -= next is null ? 1 : 0;
            StartWork();
            return next;
        }
    }
}
