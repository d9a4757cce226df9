using System.Net;
using Tollgate.Core.Customers;
using Tollgate.Core.Outbound;

namespace Tollgate.Core.Webhooks;

/// <summary>
/// Where webhooks may go. An endpoint's address is somebody's input, and the server stands where that somebody does not: it must not
/// become the hand that reaches into the network around it.
/// </summary>
public static class TargetRules
{
    public const int LongestUrl = 2048;
    public const int LongestDescription = 500;
    public const int MostEvents = 50;

    /// <summary>Where an endpoint may be.</summary>
    public static Reach ReachOf(bool allowLocal) => allowLocal ? Reach.Local : Reach.Public;

    /// <summary>What an endpoint may look like; null stands for what is not set. Every fault at once.</summary>
    /// <param name="allowLocal">Also <c>http</c>, and hosts of one's own network.</param>
    public static IReadOnlyList<FieldFault> Validate(string? url, IReadOnlyList<string>? events, string? description, bool allowLocal)
    {
        var faults = new List<FieldFault>();
        if (url is not null && FaultOf(url, allowLocal) is { } fault)
        {
            faults.Add(new("url", fault));
        }

        if (events is not null && (events.Count is < 1 or > MostEvents || events.Any(static one => one is null)))
        {
            faults.Add(new("events", WhatEventsAre));
        }
        else if (events?.FirstOrDefault(static one => !IsWanted(one)) is { } unknown)
        {
            faults.Add(
                new("events",
                    $"{Spelling.Unknown("event type", unknown, WebhookEventType.All.Select(static type => type.Name))} {WhatEventsAre}"));
        }

        if (description is not null && (description.Length is < 1 or > LongestDescription || !CustomerRules.IsLine(description)))
        {
            faults.Add(new("description", $"must have 1 to {LongestDescription} characters, without control characters."));
        }

        return faults;
    }

    private static readonly string WhatEventsAre =
        $"Expected: 1 to {MostEvents} types of GET /v1/webhook-event-types, groups such as subscription.*, or *.";

    private static string? FaultOf(string text, bool allowLocal)
    {
        if (text.Length > LongestUrl || !WebAddress.TryRead(text, out var url)
            || url is not { UserInfo.Length: 0, Fragment.Length: 0, Host.Length: > 0 } || !CustomerRules.IsLine(text))
        {
            return $"must be an https address of at most {LongestUrl} characters, without a user or a fragment.";
        }

        if (url.Port == 0)
        {
            return "must have a port of 1 to 65535, or none.";
        }

        if (url.Scheme == "http" && !allowLocal)
        {
            return "must begin with https: what is sent is readable on the way otherwise.";
        }

        // The URI has made one spelling of all that means an address: 0x7f.1, 2130706433 and 127.1 are 127.0.0.1 here.
        var isAddress = IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address);
        return (isAddress && !ReachOf(allowLocal).Allows(address!)) || (!isAddress && !allowLocal && IsLocalName(url.IdnHost))
            ? NotAllowed
            : null;
    }

    /// <summary>What is said of a target that the server will not reach for.</summary>
    public const string NotAllowed =
        "must be an address of the public internet: private, loopback, link-local and reserved ones are refused.";

    private static bool IsLocalName(string host) =>
        host.TrimEnd('.') is var name
        && (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".internal", StringComparison.OrdinalIgnoreCase));

    private static bool IsWanted(string text) =>
        text == WebhookEventType.Every || WebhookEventType.All.Any(type => type.Name == text)
        || (text.EndsWith(".*", StringComparison.Ordinal)
            && WebhookEventType.All.Any(type => type.Name.StartsWith(text.AsSpan(0, text.Length - 1), StringComparison.Ordinal)));
}
