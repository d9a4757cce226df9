namespace Tollgate.Server.Webhooks;

/// <summary>What the operator decides about outgoing webhooks.</summary>
public sealed record WebhookOptions
{
    public const string AllowLocalVariable = "TOLLGATE_ALLOW_LOCAL_WEBHOOKS";

    /// <summary>
    /// Whether endpoints of live projects too may be http and lie in the server's own network; those of sandbox projects always may.
    /// Default no: who may make an endpoint could reach what only the server can.
    /// </summary>
    public bool AllowLocal { get; init; }
}
