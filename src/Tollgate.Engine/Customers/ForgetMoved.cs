using Microsoft.Extensions.Hosting;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Forgets the own account of whoever became a member on another server. Decisions do not need it, since the versions of the account
/// have moved: an event that no meter reads does, which is recorded without asking for any version.
/// </summary>
public sealed class ForgetMoved(ServerPresence presence, QuotaGate gate) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        presence.CustomerMoved += Forget;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        presence.CustomerMoved -= Forget;
        return Task.CompletedTask;
    }

    private void Forget(ProjectSnapshot project, string customer) => _ = gate.ForgetAsync(project, customer).AsTask();
}
