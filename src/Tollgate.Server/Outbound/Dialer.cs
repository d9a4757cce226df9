using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Tollgate.Core.Outbound;
using Tollgate.Server.Http;

namespace Tollgate.Server.Outbound;

/// <summary>Thrown for a target to which this server does not connect. Its message does not contain the addresses of the name.</summary>
internal sealed class OutboundRefusedException(string message) : HttpRequestException(HttpRequestError.Unknown, message)
{
    /// <summary>True if the exception or one that it wraps is a refusal.</summary>
    public static bool IsIn(Exception? e) => e is not null && (e is OutboundRefusedException || IsIn(e.InnerException));
}

/// <summary>The addresses of this server itself.</summary>
/// <param name="PublicUrl">Null: the server has no public name.</param>
internal sealed record OwnAddress(IPEndPoint Listen, Uri? PublicUrl)
{
    public bool Is(string host, int port) =>
        PublicUrl is { } url && url.Port == port
            && string.Equals(url.IdnHost.TrimEnd('.'), host.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the machine's addresses, which may change while the server runs, only for its own port.</summary>
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

/// <summary>Resolves a name that a project wrote.</summary>
/// <param name="project">The project whose share of look-ups it uses.</param>
internal delegate Task<IPAddress[]> Resolve(int project, string host, CancellationToken cancel);

/// <summary>
/// Makes every connection to a target that a tenant names. It resolves a name once per connection, requires every address to be allowed,
/// and connects only to one of those addresses, which defeats DNS rebinding.
/// </summary>
/// <param name="reach">The allowed addresses.</param>
/// <param name="own">The server's own addresses, to which it never connects: such a call would loop.</param>
/// <param name="refusal">The message about a target that is not allowed.</param>
/// <param name="sockets">Limits the number of connections; all dialers that share it share the limit.</param>
/// <param name="resolve">The addresses of a name.</param>
internal sealed class Dialer(Reach reach, OwnAddress own, string refusal, OutgoingSockets sockets, Resolve resolve)
{
    private static readonly TimeSpan ResolveTime = TimeSpan.FromSeconds(2);

    /// <summary>The request option with the project that wrote the target, whose share of look-ups the connection uses.</summary>
    public static readonly HttpRequestOptionsKey<int> Project = new("tollgate.project");

    /// <summary>
    /// Creates a handler with its own connections: a connection from a dialer with a wider reach must not serve a narrower one.
    /// </summary>
    public SocketsHttpHandler NewHandler(TimeSpan connectTime, TimeSpan connectionLife, Encoding headers) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,

        // A proxy would resolve the name itself, and connect to any address.
        UseProxy = false,
        ConnectTimeout = connectTime,
        PooledConnectionLifetime = connectionLife,
        ActivityHeadersPropagator = null,

        // An abandoned answer must end at once; by default the handler reads on for two seconds.
        ResponseDrainTimeout = TimeSpan.Zero,
        RequestHeaderEncodingSelector = (_, _) => headers,
        ConnectCallback = (context, cancel) => ConnectAsync(ProjectOf(context.InitialRequestMessage), context.DnsEndPoint, cancel),
    };

    /// <summary>
    /// True if the URL leads to an address that is not allowed, for a check when a user sets it. A name that does not resolve yet is
    /// accepted.
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
