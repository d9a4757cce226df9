using System.Net;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Core;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// The request behind a use, as E's usage records keep it: <c>request_id</c>, <c>ip_address</c>, <c>user_agent</c>. With a customer token
/// the connection is the user's own. An app with a secret key relays the user's address and agent in its own headers.
/// </summary>
internal static class SeedOrigin
{
    public const string AddressHeader = "X-Tollgate-User-Address";

    public const string AgentHeader = "X-Tollgate-User-Agent";

    private const int LongestAgent = 512;

    public static string Of(HttpContext context)
    {
        var isOfToken = SeedCallers.IsOfToken(context);
        var relayed = isOfToken ? null : (string?)context.Request.Headers[AgentHeader];
        var agent = relayed ?? context.Request.Headers.UserAgent.ToString();
        var origin = new EventOrigin(
            context.RequestId(), AddressOf(context, isOfToken), agent.Length == 0 ? null : WellFormed.Cut(agent, LongestAgent));
        return JsonSerializer.Serialize(origin, WireJson.WithoutNulls.EventOrigin);
    }

    /// <summary>The relayed address if it is one, else the address of the connection.</summary>
    private static string? AddressOf(HttpContext context, bool isOfToken)
    {
        var address = !isOfToken && IPAddress.TryParse(context.Request.Headers[AddressHeader], out var relayed)
            ? relayed
            : context.Connection.RemoteIpAddress;
        return (address?.IsIPv4MappedToIPv6 == true ? address.MapToIPv4() : address)?.ToString();
    }
}
