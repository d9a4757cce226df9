namespace Tollgate.Server.Webhooks;

/// <summary>The operator's options for outgoing webhooks.</summary>
public sealed record WebhookOptions
{
    public const string AllowLocalVariable = "TOLLGATE_ALLOW_LOCAL_WEBHOOKS";

    /// <summary>
    /// True: endpoints of live projects may also use http and be in the server's own network, as those of sandbox projects always may.
    /// Default: false, because a user who creates an endpoint could reach services that only the server reaches.
    /// </summary>
    public bool AllowLocal { get; init; }
}
