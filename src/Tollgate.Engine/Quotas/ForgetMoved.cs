using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Quotas;

/// <summary>
/// Removes a customer's own account from memory when another server makes the customer a member. Decisions do not need this, because the
/// account's versions have changed; an event that no meter reads does, because it is recorded without a check of any version.
/// </summary>
public sealed class ForgetMoved(ServerPresence presence, QuotaGate gate, ILogger<ForgetMoved> log) : IHostedService
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

    private void Forget(ProjectSnapshot project, string customer) => _ = ForgetAsync(project, customer);

    private async Task ForgetAsync(ProjectSnapshot project, string customer)
    {
        try
        {
            await gate.ForgetAsync(project, customer);
        }
        catch (Exception e)
        {
            log.LogWarning("The cached account of {Customer} of {Project} was not dropped: {Reason}", customer, project.Code, e.Message);
        }
    }
}
