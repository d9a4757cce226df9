using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Quotas;

/// <summary>
/// Forgets the own account of whoever became a member on another server. Decisions do not need it, since the versions of the account
/// have moved: an event that no meter reads does, which is recorded without asking for any version.
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
            log.LogWarning("What is remembered of {Customer} of {Project} was not forgotten: {Reason}", customer, project.Code, e.Message);
        }
    }
}
