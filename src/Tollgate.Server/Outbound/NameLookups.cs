using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tollgate.Server.Outbound;

/// <summary>
/// Looks up names that tenants write, on threads of its own: the system's resolver keeps its thread for as long as a tenant's DNS server likes, and
/// the pool's are for everybody. All names below one domain (its last two labels) share two threads, so one slow domain leaves the rest to the others.
/// </summary>
/// <param name="ask">The addresses of a name. It may block.</param>
internal sealed class NameLookups(Func<string, IPAddress[]> ask)
{
    private const int Threads = 8;

    /// <summary>At one time, of one domain.</summary>
    private const int ThreadsOfDomain = 2;

    /// <summary>Names that have never led anywhere leave so many threads to those that have, such as the providers'.</summary>
    private const int ThreadsForKnown = 2;

    private const int MostWaiting = 256;
    private const int MostWaitingOfDomain = 32;

    /// <summary>Names that are remembered, of either kind. Beyond it all are forgotten.</summary>
    private const int MostRemembered = 10_000;

    /// <summary>A caller waits so long. The look-up goes on, and whoever asks for the same name meanwhile waits for it too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>So long a name that led nowhere is not asked for again, unless it has led somewhere before: then the resolver may be away for a moment.</summary>
    private static readonly TimeSpan FailureTime = TimeSpan.FromMinutes(1);

    // Also the lock of all that follows.
    private readonly LinkedList<Lookup> _waiting = [];
    private readonly Dictionary<string, Lookup> _underWay = [];
    private readonly Dictionary<string, int> _busy = [];
    private readonly Dictionary<string, long> _failures = [];
    private readonly HashSet<string> _known = [];
    private int _threads;
    private int _strangers;

    /// <summary>By the machine's resolver, for the whole process.</summary>
    public static NameLookups OfMachine { get; } = new(Dns.GetHostAddresses);

    private sealed record Lookup(string Host, string Domain, bool IsKnown)
    {
        public long Since { get; } = Stopwatch.GetTimestamp();

        public TaskCompletionSource<IPAddress[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <exception cref="SocketException">The name leads nowhere, its servers do not answer in time, or too many names are being looked up.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        try
        {
            return await Begin(host.TrimEnd('.').ToLowerInvariant()).WaitAsync(Patience, cancel);
        }
        catch (TimeoutException)
        {
            throw new SocketException((int)SocketError.TryAgain);
        }
    }

    private Task<IPAddress[]> Begin(string host)
    {
        lock (_waiting)
        {
            if (_underWay.TryGetValue(host, out var same))
            {
                return same.Answer.Task;
            }

            if (_failures.TryGetValue(host, out var at) && Stopwatch.GetElapsedTime(at) < FailureTime)
            {
                return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
            }

            var lookup = new Lookup(host, DomainOf(host), _known.Contains(host));
            if (_waiting.Count >= MostWaiting || _waiting.Count(one => one.Domain == lookup.Domain) >= MostWaitingOfDomain)
            {
                return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain));
            }

            _underWay.Add(host, lookup);
            _waiting.AddLast(lookup);
            if (_threads < Threads && Take() is { } next)
            {
                _threads++;
                new Thread(() => Work(next)) { IsBackground = true, Name = "Names" }.Start();
            }

            return lookup.Answer.Task;
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

    /// <summary>The first that waits and may have a thread; null: none may. The lock is held.</summary>
    private Lookup? Take()
    {
        var next = _waiting.FirstOrDefault(one => _busy.GetValueOrDefault(one.Domain) < ThreadsOfDomain && (one.IsKnown || _strangers < Threads - ThreadsForKnown));
        if (next is not null)
        {
            _waiting.Remove(next);
            _busy[next.Domain] = _busy.GetValueOrDefault(next.Domain) + 1;
            _strangers += next.IsKnown ? 0 : 1;
        }

        return next;
    }

    private (IPAddress[]? Addresses, Exception? Failure) Ask(Lookup lookup)
    {
        if (Stopwatch.GetElapsedTime(lookup.Since) > Patience)
        {
            // The caller has gone.
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
            return next;
        }
    }
}
