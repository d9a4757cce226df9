using Microsoft.Extensions.Options;
using Tollgate.Core.Outbound;

namespace Tollgate.Server.Http;

/// <summary>The address at which customers reach this server: the configured one, or the one that the caller used.</summary>
internal static class PublicAddress
{
    /// <exception cref="BadHttpRequestException">The server accepts the Host header, but it forms no URL, such as
    /// <c>x:99999</c>.</exception>
    public static Uri Of(HttpContext context) =>
        Find(context)
            ?? throw new BadHttpRequestException(
                $"The Host header '{HostOf(context)}' is not a host name or IP address with an optional port.");

    /// <summary>Null: none is configured, and the Host header forms no URL.</summary>
    public static Uri? Find(HttpContext context) =>
        context.RequestServices.GetRequiredService<IOptions<HttpOptions>>().Value.PublicUrl
        ?? (WebAddress.TryRead($"{context.Request.Scheme}://{HostOf(context)}", out var address)
            && address is { UserInfo.Length: 0, AbsolutePath: "/", Host.Length: > 0 }
            ? address
            : null);

    /// <summary>
    /// The Host header as sent. <c>Request.Host</c> decodes punycode: it throws on <c>xn--</c>, and Tollgate stores host names in ASCII
    /// form.
    /// </summary>
    public static HostString HostOf(HttpContext context) => new(context.Request.Headers.Host.ToString());
}
