using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core;
using Tollgate.Core.Alerts;

namespace Tollgate.Server.Webhooks;

/// <summary>
/// The body that an endpoint of the format <c>slack</c> gets instead of the event: <c>{"text": …}</c>, which Slack, Mattermost, Rocket.Chat
/// and Discord (<c>/slack</c>) take.
/// </summary>
internal static class SlackMessage
{
    /// <param name="payload">The payload of an event <c>alert.fired</c>.</param>
    public static string Of(string payload)
    {
        var alert = JsonSerializer.Deserialize(payload, WireJson.Default.AlertWebhook)!.Data.Alert;
        return PlainJson.Text(
            new SlackBody(AlertText.OfSlack(alert.Severity, alert.Title, alert.Detail, alert.Recommendation)), WireJson.Default.SlackBody);
    }
}
