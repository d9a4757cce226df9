using System.Net;
using System.Text;
using Tollgate.Core.Outbound;
using Tollgate.Core.Webhooks;
using Tollgate.Server.Http;
using Tollgate.Server.Outbound;

namespace Tollgate.Server.Webhooks;

/// <summary>Sends requests to receivers; <see cref="Dialer"/> enforces the allowed addresses.</summary>
internal sealed class WebhookTargets : IDisposable
{
    /// <summary>The sockets of the at most 256 requests in flight, and some that stay open for the next one.</summary>
    public const int MostSockets = 320;

    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);

    /// <summary>The age limit of a connection: long enough for a series of events, and short enough for a name that moves.</summary>
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The idle limit of a connection. Ten thousand receivers leave ten thousand sockets, so each stays open only for a series of events.
    /// </summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

    private readonly OutgoingSockets _sockets = new(MostSockets);
    private readonly Dialer _publicDialer;
    private readonly Dialer _localDialer;

    // Each has its own connections: one made with local targets allowed must not serve a request without.
    private readonly HttpMessageInvoker _public;
    private readonly HttpMessageInvoker _local;
    private readonly HttpMessageInvoker _listed;

    /// <param name="own">The addresses of this server.</param>
    /// <param name="resolve">The addresses of a name; null: by the machine's resolver.</param>
    /// <param name="networks">The networks that the operator allows besides the public internet; null: none.</param>
    public WebhookTargets(OwnAddress own, Resolve? resolve = null, IReadOnlyList<IPNetwork>? networks = null)
    {
        _publicDialer = new(
            TargetRules.ReachOf(allowLocal: false), own, TargetRules.NotAllowed, _sockets, resolve ?? NameLookups.OfMachine.ResolveAsync);
        _localDialer = new(
            TargetRules.ReachOf(allowLocal: true), own, TargetRules.NotAllowed, _sockets, resolve ?? NameLookups.OfMachine.ResolveAsync);
        var listed = new Dialer(
            Reach.PublicAnd(networks ?? []), own, TargetRules.NotAllowed, _sockets, resolve ?? NameLookups.OfMachine.ResolveAsync);
        (_public, _local, _listed) = (NewClient(_publicDialer), NewClient(_localDialer), NewClient(listed));
    }

    public void Dispose()
    {
        _public.Dispose();
        _local.Dispose();
        _listed.Dispose();
        _sockets.Dispose();
    }

    /// <exception cref="HttpRequestException">No answer arrived, or the target is not allowed.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, bool allowLocal, CancellationToken cancel) =>
        (allowLocal ? _local : _public).SendAsync(message, cancel);

    /// <summary>Sends to the public internet and the networks that the operator has listed.</summary>
    /// <returns>Null: the target is in another network, and it sent nothing.</returns>
    /// <exception cref="HttpRequestException">No answer arrived.</exception>
    public async Task<HttpResponseMessage?> SendToListedAsync(HttpRequestMessage message, CancellationToken cancel)
    {
        try
        {
            return await _listed.SendAsync(message, cancel);
        }
        catch (HttpRequestException e) when (OutboundRefusedException.IsIn(e))
        {
            return null;
        }
    }

    /// <inheritdoc cref="Dialer.LeadsAstrayAsync"/>
    public Task<bool> LeadsAstrayAsync(int project, string url, bool allowLocal, CancellationToken cancel) =>
        (allowLocal ? _localDialer : _publicDialer).LeadsAstrayAsync(project, new Uri(url), cancel);

    private static HttpMessageInvoker NewClient(Dialer dialer)
    {
        var handler = dialer.NewHandler(ConnectTime, ConnectionLife, Encoding.ASCII);
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.PooledConnectionIdleTimeout = IdleTime;
        handler.MaxResponseHeadersLength = 16;
        return new(handler);
    }
}
