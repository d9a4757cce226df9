using System.Globalization;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Hosting;

/// <summary>
/// How the files that the process may open are shared out, so that clients never take those of PostgreSQL: some are kept for the server
/// itself, the rest is for clients.
/// </summary>
/// <param name="MaxConnections">Of clients, at one time.</param>
/// <param name="PerAddress">Of those, for one address.</param>
/// <param name="UpstreamConnections">Of the gateway, to upstreams, at one time.</param>
public sealed record SocketBudget(long MaxConnections, long PerAddress, long UpstreamConnections)
{
    /// <summary>
    /// Measured: an idle server has 280 files open and a busy one 300, of which 240 are libraries. The rest is for look-ups of names, mails
    /// and pipes.
    /// </summary>
    private const int OfProcess = 400;

    /// <summary>Stripe, Paymob in five countries, and OTLP.</summary>
    private const int OfProviders = 3 * PaymentOptions.MostConnections;

    /// <summary>A lane has a connection, and opens a new one before the broken one is gone.</summary>
    private const int OfLane = 2;

    /// <summary>Fewer serve nobody; the setting has the same lower bound.</summary>
    private const int FewestConnections = 10;

    /// <summary>An address may always have so many: a browser opens six, and a household or an office shares one.</summary>
    private const int SmallestShare = 64;

    /// <summary>Ten greedy addresses, not one, fill the server.</summary>
    private const int Shares = 10;

    /// <summary>
    /// A project has a third of the sockets to upstreams at most: two whose upstreams are silent leave the rest to the others.
    /// </summary>
    private const int ProjectsOfUpstreams = 3;

    /// <summary>Calls of one project in the gateway at one time.</summary>
    /// <param name="wanted">As the setting says.</param>
    internal static int CallsOf(long wanted, long upstreamConnections) =>
        (int)Math.Clamp(upstreamConnections / ProjectsOfUpstreams, 1, wanted);

    /// <summary>Files that are kept for the server itself.</summary>
    internal static long Reserve(long poolSize, long lanes) =>
        OfProcess + OfProviders + WebhookTargets.MostSockets + poolSize + (OfLane * lanes);

    /// <summary>Reads the three settings and holds them against the limit. What is not set is chosen by what the limit leaves.</summary>
    /// <param name="fileLimit">Null: there is none.</param>
    internal static SocketBudget Read(
        Func<string, string?> environment, long? fileLimit, DatabaseOptions database, long lanes, List<string> faults)
    {
        var (connections, upstreams) =
            (Settings.MaxConnections.Read(environment, faults), Settings.UpstreamConnections.Read(environment, faults));
        if (fileLimit is { } limit)
        {
            var reserve = Reserve(database.PoolSize, lanes);
            var free = limit - reserve;
            (connections, upstreams) = (Settings.MaxConnections.IsSet(environment), Settings.UpstreamConnections.IsSet(environment)) switch
            {
                (false, false) => (Math.Min(connections, free / 2), Math.Min(upstreams, free / 2)),
                (false, true) => (Math.Min(connections, free - upstreams), upstreams),
                (true, false) => (connections, Math.Clamp(free - connections, 0, upstreams)),
                _ => (connections, upstreams),
            };
            if (connections < FewestConnections || upstreams < 1 || connections + upstreams > free)
            {
                faults.Add(FaultOf(Math.Max(connections, FewestConnections), Math.Max(upstreams, FewestConnections), limit, reserve));
            }
        }

        var share = Settings.ConnectionsPerAddress.IsSet(environment)
            ? Settings.ConnectionsPerAddress.Read(environment, faults)
            : Math.Max(SmallestShare, connections / Shares);
        return new(connections, Math.Min(share, connections), upstreams);
    }

    private static string FaultOf(long connections, long upstreams, long limit, long reserve) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Settings.MaxConnections.Variable} ({connections}) and {Settings.UpstreamConnections.Variable} ({upstreams}) need "
            + $"{connections + upstreams} sockets, but this process may open "
        + $"{limit} files, and {reserve} are kept for PostgreSQL, webhooks and the server itself. "
        + $"Lower the two to {Math.Max(limit - reserve, 0)} together, or raise the limit: "
        + $"ulimit -n {connections + upstreams + reserve}, or LimitNOFILE= of a systemd unit.");
}
