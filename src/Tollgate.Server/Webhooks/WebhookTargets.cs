using System.Net;
using System.Net.Sockets;
using System.Text;
using Tollgate.Core.Webhooks;
using Tollgate.Server.Http;

namespace Tollgate.Server.Webhooks;

/// <summary>
/// The way to receivers. A name is resolved once, when the connection is made; every address that it has must be allowed, and the
/// connection goes to one of those addresses and to no other: a name that answers differently the next time gains nothing by it.
/// </summary>
internal sealed class WebhookTargets : IDisposable
{
    /// <summary>Those of the 256 requests that are in flight at most, and some that were left open for the next one.</summary>
    public const int MostSockets = 320;

    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);

    /// <summary>Long enough for a run of events, short against a name that moves.</summary>
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(1);

    /// <summary>Ten thousand receivers leave ten thousand sockets behind, so they are not kept for longer than a run of events takes.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ResolveTime = TimeSpan.FromSeconds(2);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly OutgoingSockets _sockets = new(MostSockets);

    // Of their own connections each: one that was made where local targets are allowed must not serve where they are not.
    private readonly HttpMessageInvoker _public;
    private readonly HttpMessageInvoker _local;

    public WebhookTargets()
        : this(static (host, cancel) => Dns.GetHostAddressesAsync(host, cancel))
    {
    }

    /// <param name="resolve">The addresses of a name.</param>
    public WebhookTargets(Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        _resolve = resolve;
        (_public, _local) = (NewClient(allowLocal: false), NewClient(allowLocal: true));
    }

    public void Dispose()
    {
        _public.Dispose();
        _local.Dispose();
        _sockets.Dispose();
    }

    /// <exception cref="HttpRequestException">No answer came; the target may be one that is not allowed.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, bool allowLocal, CancellationToken cancel) =>
        (allowLocal ? _local : _public).SendAsync(message, cancel);

    /// <summary>For whoever sets an address: whether its name leads to where nothing may be sent. A name that leads nowhere yet is good.</summary>
    public async Task<bool> LeadsAstrayAsync(string url, bool allowLocal, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ResolveTime);
        try
        {
            var addresses = await _resolve(new Uri(url).IdnHost.Trim('[', ']'), limit.Token);
            return Array.Exists(addresses, address => !TargetRules.IsAllowed(address, allowLocal));
        }
        catch (Exception e) when (e is SocketException or ArgumentException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private HttpMessageInvoker NewClient(bool allowLocal) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,

        // A proxy would resolve the name itself, and connect to what it likes.
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = ConnectTime,
        PooledConnectionLifetime = ConnectionLife,
        PooledConnectionIdleTimeout = IdleTime,
        MaxResponseHeadersLength = 16,
        ResponseDrainTimeout = TimeSpan.Zero,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.ASCII,
        ConnectCallback = (context, cancel) => ConnectAsync(context.DnsEndPoint, allowLocal, cancel),
    });

    private async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowLocal, CancellationToken cancel)
    {
        var addresses = IPAddress.TryParse(target.Host.Trim('[', ']'), out var literal) ? [literal] : await _resolve(target.Host, cancel);
        if (addresses.Length == 0 || Array.Exists(addresses, address => !TargetRules.IsAllowed(address, allowLocal)))
        {
            throw new HttpRequestException(HttpRequestError.Unknown, $"'{target.Host}' {TargetRules.NotAllowed}");
        }

        return await _sockets.ConnectAsync(addresses, target.Port, cancel);
    }
}
