using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tollgate.Server.Outbound;

/// <summary>
/// Resolves names that tenants write, on its own threads: the system's resolver blocks its thread for as long as a tenant's DNS server
/// takes, and everybody needs the threads of the pool. All names below one domain (its last two labels) share two threads, and all names of
/// one project share four, so that a project with names of many slow domains leaves the rest to others.
/// </summary>
/// <param name="ask">Returns the addresses of a name. It may block.</param>
internal sealed class NameLookups(Func<string, IPAddress[]> ask)
{
    private const int Threads = 32;

    /// <summary>The most threads for one domain at a time.</summary>
    private const int ThreadsOfDomain = 2;

    /// <summary>
    /// The most threads for one project at a time, so that it has some left if one of its domains is slow. Six projects can occupy all
    /// threads for new names; one cannot.
    /// </summary>
    private const int ThreadsOfProject = 4;

    /// <summary>The threads reserved for names that have resolved before, such as the providers'.</summary>
    private const int ThreadsForKnown = 8;

    private const int MostWaiting = 512;
    private const int MostWaitingOfDomain = 32;

    /// <summary>As many as a project has webhooks in flight: after a start each may have a different name.</summary>
    private const int MostWaitingOfProject = 64;

    /// <summary>The most remembered names of either kind. Beyond that, all are forgotten.</summary>
    private const int MostRemembered = 10_000;

    /// <summary>The longest wait of a caller. The look-up continues, and later callers with the same name join it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The time for which a name that did not resolve is not looked up again, unless it resolved before: then the resolver may only be
    /// briefly unavailable.
    /// </summary>
    private static readonly TimeSpan FailureTime = TimeSpan.FromMinutes(1);

    // Also the lock of all following fields.
    private readonly LinkedList<Lookup> _waiting = [];
    private readonly Dictionary<string, Lookup> _underWay = [];
    private readonly Dictionary<string, int> _busy = [];
    private readonly Dictionary<int, int> _busyOf = [];
    private readonly Dictionary<string, long> _failures = [];
    private readonly HashSet<string> _known = [];
    private int _threads;
    private int _strangers;

    /// <summary>The look-ups of the whole process, by the machine's resolver.</summary>
    public static NameLookups OfMachine { get; } = new(Dns.GetHostAddresses);

    private sealed class Lookup(string host, bool isKnown)
    {
        public string Host => host;

        public string Domain { get; } = DomainOf(host);

        public bool IsKnown => isKnown;

        /// <summary>The waiting projects, the first one first.</summary>
        public List<int> Projects { get; } = [];

        /// <summary>The project whose thread it uses.</summary>
        public int Payer { get; set; }

        /// <summary>The time of the last caller.</summary>
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
    /// <exception cref="SocketException">The name does not resolve, its servers do not answer in time, or too many look-ups are in
    /// progress.</exception>
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
                // Until now the look-up could use only threads of other projects; now it may also use one of this project.
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

    /// <summary>Requires the lock.</summary>
    private bool IsFull(int project, string domain) =>
        _waiting.Count >= MostWaiting || _waiting.Count(one => one.Domain == domain) >= MostWaitingOfDomain
            || _waiting.Count(one => one.Projects[0] == project) >= MostWaitingOfProject;

    /// <summary>
    /// Starts work after a look-up ends: it frees a place of its domain and one of its project, for which two others may wait. Requires the
    /// lock.
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
    /// Takes the first waiting look-up that may have a thread, preferring a project without one; null: none may. Requires the lock.
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

    /// <summary>True if all callers have gone.</summary>
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

    /// <summary>Null: the thread ends, since no other look-up may use it.</summary>
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
