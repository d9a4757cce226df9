using System.Diagnostics;
using System.Globalization;

namespace Tollgate.Bench.Hosting;

/// <summary>Processors used during a run, in processors (1.0 = one of them, all the time).</summary>
/// <param name="Load">The load generator and the bench itself.</param>
/// <param name="Unrelated">Everybody else.</param>
/// <param name="Stranger">The busiest of them.</param>
internal sealed record CpuShare(double Server, double Postgres, double Redis, double Load, double Unrelated, string? Stranger)
{
    public static readonly CpuShare None = new(0, 0, 0, 0, 0, null);
}

/// <summary>
/// The users of the processors between two reads of /proc. A process belongs to its nearest named ancestor; those of the bench itself are
/// the load. Kernel threads belong to none.
/// </summary>
internal sealed class CpuWatch
{
    private const int KernelThreads = 2;
    private const double TicksPerSecond = 100;

    private readonly Dictionary<int, string> _roots = new() { [Environment.ProcessId] = "load" };

    /// <summary>From now on this process and its descendants count as <paramref name="group"/>: server, postgres or redis.</summary>
    public void Name(int processId, string group) => _roots[processId] = group;

    /// <summary>Measures while the load runs: from a moment after its start until shortly before its end.</summary>
    public async Task<CpuShare> MeasureAsync(TimeSpan length, CancellationToken cancel)
    {
        await Task.Delay(length * 0.1, cancel);
        return await MeasureAsync(Task.Delay(length * 0.75, cancel));
    }

    /// <summary>Measures until the work is done, which may fail.</summary>
    public async Task<CpuShare> MeasureAsync(Task work)
    {
        var (before, strangersBefore, from) = (Look(), UserTicksOfAll(), Stopwatch.GetTimestamp());
        await work;
        var (after, strangersAfter, seconds) = (Look(), UserTicksOfAll(), Stopwatch.GetElapsedTime(from).TotalSeconds);
        return Compare(before, after, strangersAfter - strangersBefore, seconds);
    }

    private CpuShare Compare(Dictionary<int, Seen> before, Dictionary<int, Seen> after, long userTicksOfAll, double seconds)
    {
        var groups = new Dictionary<string, double>();
        var (stranger, strangerTicks, strangersTicks, ownUserTicks) = ((string?)null, 0L, 0L, 0L);
        foreach (var (id, now) in after)
        {
            before.TryGetValue(id, out var then);
            var ticks = now.Ticks - (then.Started == now.Started ? then.Ticks : 0);
            if (GroupOf(id, after) is { } group)
            {
                groups[group] = groups.GetValueOrDefault(group) + ticks / TicksPerSecond / seconds;
                ownUserTicks += now.UserTicks - (then.Started == now.Started ? then.UserTicks : 0);
            }
            else if (now.Parent != KernelThreads && id != KernelThreads)
            {
                strangersTicks += ticks;
                (stranger, strangerTicks) = ticks > strangerTicks ? (now.Name, ticks) : (stranger, strangerTicks);
            }
        }

        // Processes that started and ended in between are in no group, but in the machine's user time.
        var shortLived = userTicksOfAll - ownUserTicks;
        var unrelated = Math.Max(strangersTicks, shortLived) / TicksPerSecond / seconds;
        return new CpuShare(
            groups.GetValueOrDefault("server"), groups.GetValueOrDefault("postgres"), groups.GetValueOrDefault("redis"),
            groups.GetValueOrDefault("load"), Math.Max(0, unrelated), strangersTicks >= shortLived ? stranger : "short-lived processes");
    }

    private string? GroupOf(int id, Dictionary<int, Seen> all)
    {
        for (var (at, steps) = (id, 0); at > 1 && steps < 64; steps++)
        {
            if (_roots.TryGetValue(at, out var group))
            {
                return group;
            }

            at = all.TryGetValue(at, out var seen) ? seen.Parent : 0;
        }

        return null;
    }

    private static Dictionary<int, Seen> Look()
    {
        var all = new Dictionary<int, Seen>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && Seen.Of(folder) is { } seen)
            {
                all[id] = seen;
            }
        }

        return all;
    }

    /// <summary>User and nice time of the whole machine, from the first line of /proc/stat.</summary>
    private static long UserTicksOfAll()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(fields[1], CultureInfo.InvariantCulture) + long.Parse(fields[2], CultureInfo.InvariantCulture);
    }

    private readonly record struct Seen(int Parent, string Name, long UserTicks, long Ticks, long Started)
    {
        public static Seen? Of(string folder)
        {
            try
            {
                // "id (name) state parent …": the name may hold anything, so what follows its last bracket is read.
                var text = File.ReadAllText(folder + "/stat");
                var (open, close) = (text.IndexOf('(', StringComparison.Ordinal), text.LastIndexOf(')'));
                var fields = text[(close + 2)..].Split(' ');
                long Number(int at) => long.Parse(fields[at], CultureInfo.InvariantCulture);
                return new Seen((int)Number(1), text[(open + 1)..close], Number(11), Number(11) + Number(12), Number(19));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
