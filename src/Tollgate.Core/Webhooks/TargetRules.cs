using System.Net;
using Tollgate.Core.Customers;
using Tollgate.Core.Outbound;

namespace Tollgate.Core.Webhooks;

/// <summary>
/// The permitted targets of webhooks. Callers choose an endpoint's address, and the server is in a network that they cannot reach: it must
/// not give them access to that network.
/// </summary>
public static class TargetRules
{
    public const int LongestUrl = 2048;
    public const int LongestDescription = 500;
    public const int MostEvents = 50;

    /// <summary>Returns the networks that an endpoint may be in.</summary>
    public static Reach ReachOf(bool allowLocal) => allowLocal ? Reach.Local : Reach.Public;

    /// <summary>Validates an endpoint and returns every fault at once; null members are not set.</summary>
    /// <param name="allowLocal">True to permit <c>http</c> and hosts of the local network too.</param>
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
            return "must begin with https: otherwise others can read the events on their way.";
        }

        // The URI has normalised all spellings of an address: 0x7f.1, 2130706433 and 127.1 are 127.0.0.1 here.
        var isAddress = IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address);
        return (isAddress && !ReachOf(allowLocal).Allows(address!)) || (!isAddress && !allowLocal && IsLocalName(url.IdnHost))
            ? NotAllowed
            : null;
    }

    /// <summary>The fault of a target to which the server does not connect.</summary>
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
