using System.Diagnostics.Metrics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Payments;

namespace Tollgate.Engine.Inbox;

/// <summary>Counts refused webhooks of providers: somebody guesses, a secret is wrong, or a project has no room left.</summary>
public sealed class InboxMetrics : IDisposable
{
    private readonly System.Diagnostics.Metrics.Meter _meter = new("Tollgate");
    private readonly Counter<long> _refused;

    public InboxMetrics() =>
        _refused = _meter.CreateCounter<long>(
            "tollgate.inbox.refused", "{webhook}", "Webhooks of payment providers that Tollgate refused.");

    internal void Refused(PaymentProvider provider, WebhookVerdict verdict) => Refused(
        provider, verdict switch { WebhookVerdict.Stale => "stale", WebhookVerdict.Unreadable => "unreadable", _ => "forged" });

    internal void Refused(PaymentProvider provider, string reason) => _refused.Add(
        1, new KeyValuePair<string, object?>("provider", CatalogWords.Of(provider)), new KeyValuePair<string, object?>("reason", reason));

    public void Dispose() => _meter.Dispose();
}
