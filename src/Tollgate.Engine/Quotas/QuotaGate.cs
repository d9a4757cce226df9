using Tollgate.Core.Money;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Quotas;

/// <summary>The one door to decisions: what endpoints, the gateway and the seed doors call.</summary>
public sealed class QuotaGate
{
    public ValueTask<GateAnswer> CheckAsync(ProjectSnapshot project, string customer, string feature, Quantity amount, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<GateAnswer> ConsumeAsync(ProjectSnapshot project, ConsumeOrder order, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<GateAnswer> ReserveAsync(ProjectSnapshot project, ReserveOrder order, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <param name="amounts">Null settles the amounts that were reserved; with one entry and an empty feature code it is the single amount.</param>
    public ValueTask<GateAnswer> SettleAsync(
        ProjectSnapshot project, string hold, string? customer, IReadOnlyList<FeatureAmount>? amounts, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<GateAnswer> ExtendAsync(
        ProjectSnapshot project, string hold, string? customer, TimeSpan? timeToLive, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<GateAnswer> ReleaseAsync(ProjectSnapshot project, string hold, string? customer, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>Answers in the order of <paramref name="orders"/>.</summary>
    public ValueTask<IReadOnlyList<GateAnswer>> RecordAsync(
        ProjectSnapshot project, IReadOnlyList<EventOrder> orders, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<GateAnswer> VoidAsync(ProjectSnapshot project, string eventId, string? customer, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>Plan and every feature's standing. Never creates the customer.</summary>
    public ValueTask<CustomerStanding> StandingAsync(ProjectSnapshot project, string customer, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>
    /// Called after something outside the lanes changed what a customer may do (plan, override, grant), once the change
    /// is committed: the next decision and the next read on this server see it.
    /// </summary>
    public ValueTask ForgetAsync(ProjectSnapshot project, string customer, CancellationToken cancel) =>
        throw new NotSupportedException();
}
