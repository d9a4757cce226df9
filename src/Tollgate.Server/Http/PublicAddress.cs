using Microsoft.Extensions.Options;

namespace Tollgate.Server.Http;

/// <summary>Where people reach this server: as the operator says, or as the caller reached it.</summary>
internal static class PublicAddress
{
    public static Uri Of(HttpContext context) =>
        context.RequestServices.GetRequiredService<IOptions<HttpOptions>>().Value.PublicUrl ?? new($"{context.Request.Scheme}://{context.Request.Host}");
}
