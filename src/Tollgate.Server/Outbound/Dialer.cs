using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Tollgate.Core.Outbound;
using Tollgate.Server.Http;

namespace Tollgate.Server.Outbound;

/// <summary>The target is one that this server does not connect to. Its message says so without the addresses that a name led to.</summary>
internal sealed class OutboundRefusedException(string message) : HttpRequestException(HttpRequestError.Unknown, message)
{
    /// <summary>Found behind what the HTTP client wraps it in.</summary>
    public static bool IsIn(Exception? e) => e is not null && (e is OutboundRefusedException || IsIn(e.InnerException));
}

/// <summary>Where this server itself listens and is known.</summary>
/// <param name="PublicUrl">Null: it is not known under a name.</param>
internal sealed record OwnAddress(IPEndPoint Listen, Uri? PublicUrl)
{
    public bool Is(string host, int port) =>
        PublicUrl is { } url && url.Port == port
            && string.Equals(url.IdnHost.TrimEnd('.'), host.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    /// <summary>The machine's addresses are looked up only for its own port: they may change while the server runs.</summary>
    public bool Is(IPAddress address, int port)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return port == Listen.Port
            && (plain.Equals(Listen.Address) || (IsAny(Listen.Address) && (IPAddress.IsLoopback(plain) || IsOfThisMachine(plain))));
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool IsOfThisMachine(IPAddress address) => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(static one => one.GetIPProperties().UnicastAddresses)
        .Any(one => one.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes()));
}

/// <summary>The addresses of a name that a project wrote.</summary>
/// <param name="project">Whose share of look-ups it uses.</param>
internal delegate Task<IPAddress[]> Resolve(int project, string host, CancellationToken cancel);

/// <summary>
/// Makes every connection to a target that a tenant names. A name is resolved once, when the connection is made; every address that it
/// has must be allowed, and the connection goes to one of those addresses and to no other: a name that answers differently the next time
/// gains nothing by it.
/// </summary>
/// <param name="reach">Which addresses are allowed.</param>
/// <param name="own">Never reached: a call that comes back in is a loop.</param>
/// <param name="refusal">What is said of a target that is not allowed.</param>
/// <param name="sockets">Bounds the connections; those who share it share the bound.</param>
/// <param name="resolve">The addresses of a name.</param>
internal sealed class Dialer(Reach reach, OwnAddress own, string refusal, OutgoingSockets sockets, Resolve resolve)
{
    private static readonly TimeSpan ResolveTime = TimeSpan.FromSeconds(2);

    /// <summary>Of each request: the project that wrote the target, whose share of look-ups the connection uses.</summary>
    public static readonly HttpRequestOptionsKey<int> Project = new("tollgate.project");

    /// <summary>A handler of connections of its own: one that was made where more is allowed must not serve where less is.</summary>
    public SocketsHttpHandler NewHandler(TimeSpan connectTime, TimeSpan connectionLife, Encoding headers) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,

        // A proxy would resolve the name itself, and connect to what it likes.
        UseProxy = false,
        ConnectTimeout = connectTime,
        PooledConnectionLifetime = connectionLife,
        ActivityHeadersPropagator = null,

        // Who gives up an answer wants it to end now: by default the handler reads on for two seconds.
        ResponseDrainTimeout = TimeSpan.Zero,
        RequestHeaderEncodingSelector = (_, _) => headers,
        ConnectCallback = (context, cancel) => ConnectAsync(ProjectOf(context.InitialRequestMessage), context.DnsEndPoint, cancel),
    };

    /// <summary>
    /// For whoever sets an address: whether it leads to where nothing may be sent. A name that leads nowhere yet is good.
    /// </summary>
    public async Task<bool> LeadsAstrayAsync(int project, Uri url, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ResolveTime);
        try
        {
            return IsRefused(url.IdnHost, url.Port, await AddressesAsync(project, url.IdnHost, limit.Token));
        }
        catch (Exception e) when (e is SocketException or ArgumentException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return IsRefused(url.IdnHost, url.Port, []);
        }
    }

    private async ValueTask<Stream> ConnectAsync(int project, DnsEndPoint target, CancellationToken cancel)
    {
        var addresses = await AddressesAsync(project, target.Host, cancel);
        if (addresses.Length == 0 || IsRefused(target.Host, target.Port, addresses))
        {
            throw new OutboundRefusedException($"'{target.Host}' {refusal}");
        }

        return await sockets.ConnectAsync(addresses, target.Port, cancel);
    }

    private static int ProjectOf(HttpRequestMessage request) => request.Options.TryGetValue(Project, out var project) ? project : 0;

    private async Task<IPAddress[]> AddressesAsync(int project, string host, CancellationToken cancel) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await resolve(project, host, cancel);

    private bool IsRefused(string host, int port, IPAddress[] addresses) =>
        Reach.IsMetadataName(host) || own.Is(host, port)
            || Array.Exists(addresses, address => !reach.Allows(address) || own.Is(address, port));
}
