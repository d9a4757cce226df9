using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core.Webhooks;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>
/// The catalogue generates <c>docs/reference/webhook-events.md</c>; <c>TOLLGATE_RENEW_SNAPSHOTS=1</c> writes it again.
/// </summary>
public sealed class WebhookReferenceTests
{
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_reference_of_events_is_that_of_the_catalogue()
    {
        var text = Reference();
        if (Environment.GetEnvironmentVariable("TOLLGATE_RENEW_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(PathOf(), text, TestContext.Current.CancellationToken);
        }

        (await File.ReadAllTextAsync(PathOf(), TestContext.Current.CancellationToken)).ShouldBe(
            text, "Run with TOLLGATE_RENEW_SNAPSHOTS=1 to write it anew.");
    }

    private static string Reference()
    {
        var text = new StringBuilder(
            """
            # Events of webhooks

            An endpoint subscribes to names, groups such as `invoice.*`, or `*`. [Receive webhooks](../guides/webhooks.md) shows how to verify them, and [webhooks](../concepts/webhooks.md) explains how Tollgate sends them;
            `GET /v1/webhook-event-types` has a JSON Schema of each. New types and new members of bodies may come with any version: ignore what you do not know.

            Every body has `type`, `timestamp` (the time of the event by the project's clock; real time for events of endpoints), `sequence` (counts the events of its object from 1, without a gap) and `data`.


            """);
        foreach (var group in WebhookCatalog.All.GroupBy(static type => type.ObjectType))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"## {char.ToUpperInvariant(group.Key[0])}{group.Key[1..].Replace('_', ' ')}\n\n| type | when |\n|---|---|\n");
            foreach (var type in group)
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{type.Type}` | {type.Description} |\n");
            }

            var example = group.First();
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n`{example.Type}`:\n\n```json\n{JsonNode.Parse(example.Example.GetRawText())!.ToJsonString(Indented)}\n```\n\n");
        }

        WebhookEventType.All.Count.ShouldBe(WebhookCatalog.All.Count);
        return text.ToString().ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
    }

    private static string PathOf([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "reference", "webhook-events.md"));
}
