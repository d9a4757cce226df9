using Microsoft.Extensions.Options;
using Tollgate.Core.Outbound;

namespace Tollgate.Server.Http;

/// <summary>Where people reach this server: as the operator says, or as the caller reached it.</summary>
internal static class PublicAddress
{
    /// <exception cref="BadHttpRequestException">The Host header is one that the server takes and that no address can be made of, such as
    /// <c>x:99999</c>.</exception>
    public static Uri Of(HttpContext context) =>
        Find(context)
            ?? throw new BadHttpRequestException(
                $"The Host header '{HostOf(context)}' is not a host name or IP address with an optional port.");

    /// <summary>Null: the operator says nothing, and no address can be made of the Host header.</summary>
    public static Uri? Find(HttpContext context) =>
        context.RequestServices.GetRequiredService<IOptions<HttpOptions>>().Value.PublicUrl
        ?? (WebAddress.TryRead($"{context.Request.Scheme}://{HostOf(context)}", out var address)
            && address is { UserInfo.Length: 0, AbsolutePath: "/", Host.Length: > 0 }
            ? address
            : null);

    /// <summary>
    /// The Host header as it was sent. <c>Request.Host</c> decodes punycode: it throws on <c>xn--</c>, and host names are stored in their
    /// ASCII form.
    /// </summary>
    public static HostString HostOf(HttpContext context) => new(context.Request.Headers.Host.ToString());
}
