using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Primitives;
using Tollgate.Contracts.Http;
using Tollgate.Core.Gateway;
using Tollgate.Core.Outbound;
using Tollgate.Server.Http;
using Tollgate.Server.Outbound;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Sends a call to its upstream. It never repeats a sent call, because the provider may have done and charged for it. It retries only a
/// failed connection.
/// </summary>
/// <remarks>A reverse proxy library (YARP) could replace it.</remarks>
internal sealed class Forwarder : IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10);

    /// <summary>Limits the age of a connection, because the addresses behind providers' names change.</summary>
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Limits the idle time of a connection: ten thousand upstreams that were called once must not hold the sockets that others need. A new
    /// connection costs a tenth of a second.
    /// </summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

    /// <summary>The highest status of HTTP. A higher one, or the 101 of a protocol that the call did not request, is no answer.</summary>
    private const int LastStatus = 599;

    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400)];

    /// <summary>
    /// Request headers that belong to the caller's connection with this server, authenticate the caller, or would name another account than
    /// the project's.
    /// </summary>
    private static readonly FrozenSet<string> KeptBack = new[]
    {
        "Host", "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding",
        "Upgrade", "Content-Length", "Accept-Encoding", "Expect", "Cookie", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP", "X-Project", "X-Tollgate-Customer", "X-Tollgate-Feature", "X-Tollgate-Attribute-To", HopHeader, "OpenAI-Organization",
        "OpenAI-Project", ProviderHome.Bearer,
    }.Concat(ProviderHome.KeyHeaders).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NotHandedOn = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Set-Cookie",
        "Alt-Svc",
        "X-Content-Type-Options", "Strict-Transport-Security", "Clear-Site-Data", "Idempotent-Replayed",
        "OpenAI-Organization", "OpenAI-Project", "Anthropic-Organization-Id",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The header of every sent call. An incoming call with it comes from a Tollgate server, this one or another, and is refused
    /// (<see cref="ErrorCode.GatewayLoop"/>), so that no call loops, even through proxies.
    /// </summary>
    public const string HopHeader = "X-Tollgate-Hop";

    /// <summary>Headers in which this server tells the caller cost and remainder. An upstream cannot set them.</summary>
    private const string OwnPrefix = "X-Tollgate-";

    private readonly OutgoingSockets _sockets;
    private readonly Dialer _dialer;
    private readonly HttpMessageInvoker _client;

    public Forwarder(GatewayOptions options, OwnAddress own)
    {
        _sockets = new((int)options.MostConnections);
        _dialer = new(Reach.PublicAnd(options.Networks), own, UpstreamRules.NotAllowed, _sockets, NameLookups.OfMachine.ResolveAsync);
        var handler = _dialer.NewHandler(ConnectTime, ConnectionLife, Encoding.UTF8);
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.PooledConnectionIdleTimeout = IdleTime;
        handler.EnableMultipleHttp2Connections = true;
        _client = new(handler);
    }

    public void Dispose()
    {
        _client.Dispose();
        _sockets.Dispose();
    }

    /// <inheritdoc cref="Dialer.LeadsAstrayAsync"/>
    public Task<bool> LeadsAstrayAsync(int project, Uri url, CancellationToken cancel) => _dialer.LeadsAstrayAsync(project, url, cancel);

    /// <summary>The result of sending a call.</summary>
    /// <param name="Answer">The answer's head; null: there is none.</param>
    /// <param name="Failure">The reason why there is no answer, also if the caller has disconnected.</param>
    /// <param name="WasSent">The upstream has the whole request, and may have done its work.</param>
    public readonly record struct Sent(HttpResponseMessage? Answer, ErrorCode? Failure, bool WasSent);

    public async Task<Sent> SendAsync(GatewayCall call, HttpRequest from, IdleTimeout idle)
    {
        for (var attempt = 0; ; attempt++)
        {
            var content = call.Body.IsEmpty && from.ContentType is null ? null : new BodyContent(call.Body);
            try
            {
                var answer = await _client.SendAsync(MessageOf(call, from, content), idle.Next());
                LetGo(call, content);
                if (answer.StatusCode is >= HttpStatusCode.OK and <= (HttpStatusCode)LastStatus)
                {
                    return new(answer, null, true);
                }

                answer.Dispose();
                return new(null, ErrorCode.UpstreamUnreachable, true);
            }
            catch (HttpRequestException e) when (OutboundRefusedException.IsIn(e))
            {
                return new(null, ErrorCode.UpstreamNotAllowed, false);
            }
            catch (HttpRequestException e) when (attempt < Pauses.Length
                && e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
            {
                await Task.Delay(Pauses[attempt]);
            }
            catch (HttpRequestException)
            {
                return new(null, ErrorCode.UpstreamUnreachable, content?.WasSent ?? false);
            }
            catch (OperationCanceledException)
            {
                return new(null, idle.IsOver ? ErrorCode.UpstreamTimeout : ErrorCode.UpstreamUnreachable, content?.WasSent ?? false);
            }
        }
    }

    /// <summary>Frees the memory of a sent body, since an answer may take minutes.</summary>
    private static void LetGo(GatewayCall call, BodyContent? content)
    {
        if (content is { WasSent: true })
        {
            content.Forget();
            call.Memory.Give(call.Body.Length);
            call.Body = default;
        }
    }

    /// <summary>A body that records whether it was sent.</summary>
    private sealed class BodyContent(ReadOnlyMemory<byte> body) : HttpContent
    {
        private ReadOnlyMemory<byte> _body = body;

        public bool WasSent { get; private set; }

        public void Forget() => _body = default;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(_body, cancellationToken);
            WasSent = true;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Length;
            return true;
        }
    }

    private static HttpRequestMessage MessageOf(GatewayCall call, HttpRequest from, HttpContent? content)
    {
        var message = new HttpRequestMessage(new HttpMethod(from.Method), call.Target)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower, Content = content,
        };

        message.Options.Set(Dialer.Project, call.Project.Id);
        foreach (var (name, values) in from.Headers)
        {
            if (!KeptBack.Contains(name) && !UpstreamRules.IsOfTrust(name) && !call.Credentials.Headers.ContainsKey(name)
                && !name.StartsWith(':'))
            {
                Add(message, name, values);
            }
        }

        // The gateway reads usage from the answer, so it requests it uncompressed. It does not unpack an answer that is compressed
        // nevertheless: a few bytes may unpack to any number.
        message.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        message.Headers.TryAddWithoutValidation(HopHeader, "1");
        foreach (var (name, value) in call.Credentials.Headers)
        {
            Add(message, name, value);
        }

        if (call.Credentials.ApiKey is { Length: > 0 } key)
        {
            message.Headers.TryAddWithoutValidation(
                call.Home.KeyHeader, call.Home.KeyHeader == ProviderHome.Bearer ? "Bearer " + key : key);
        }

        return message;
    }

    private static void Add(HttpRequestMessage message, string name, StringValues values)
    {
        if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            message.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    /// <summary>Copies the status and those headers of the upstream's answer that are meant for the caller.</summary>
    public static void CopyHead(HttpResponseMessage answer, HttpResponse to)
    {
        to.StatusCode = (int)answer.StatusCode;
        Copy(answer.Headers.NonValidated, to.Headers);
        Copy(answer.Content.Headers.NonValidated, to.Headers);
    }

    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
        {
            // The server would refuse to send an answer with a header value that is not one line of ASCII.
            if (!NotHandedOn.Contains(name) && !name.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase)
                && values.All(static value => !value.AsSpan().ContainsAnyExceptInRange(' ', '~')))
            {
                to[name] = values.Count == 1 ? values.ToString() : values.ToArray();
            }
        }
    }
}
