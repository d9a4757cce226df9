using System.Globalization;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Server.Limits;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Divides the files that the process may open, so that clients never use those of PostgreSQL: some are reserved for the server itself, the
/// rest is for clients and upstreams.
/// </summary>
/// <param name="MaxConnections">The most connections of clients at one time.</param>
/// <param name="PerAddress">The most connections of one address.</param>
/// <param name="UpstreamConnections">The most connections of the gateway to upstreams at one time.</param>
public sealed record SocketBudget(long MaxConnections, long PerAddress, long UpstreamConnections)
{
    /// <summary>
    /// Measured: an idle server has 280 files open and a busy one 300, of which 240 are libraries. The rest is for look-ups of names, mails
    /// and pipes.
    /// </summary>
    private const int OfProcess = 400;

    /// <summary>Stripe, Paymob in five countries, and OTLP.</summary>
    private const int OfProviders = 3 * PaymentOptions.MostConnections;

    /// <summary>A lane has a connection, and opens a new one before the broken one is closed.</summary>
    private const int OfLane = 2;

    /// <summary>Fewer connections are useless; the setting has the same lower bound.</summary>
    private const int FewestConnections = 10;

    /// <summary>The least share of an address: a browser opens six connections, and a household or an office shares one address.</summary>
    private const int SmallestShare = 64;

    /// <summary>It takes ten greedy addresses, not one, to fill the server.</summary>
    private const int Shares = 10;

    /// <summary>
    /// A project has at most a third of the sockets to upstreams, so that two projects with silent upstreams leave the rest to others.
    /// </summary>
    private const int ProjectsOfUpstreams = 3;

    /// <summary>Calls of one project in the gateway at one time.</summary>
    /// <param name="wanted">The configured number.</param>
    internal static int CallsOf(long wanted, long upstreamConnections) =>
        (int)Math.Clamp(upstreamConnections / ProjectsOfUpstreams, 1, wanted);

    /// <summary>The number of files reserved for the server itself.</summary>
    internal static long Reserve(long poolSize, long lanes) =>
        OfProcess + OfProviders + WebhookTargets.MostSockets + poolSize + (OfLane * lanes);

    /// <summary>Reads the three settings and compares them with the limit. Unset ones follow from the rest of the limit.</summary>
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
