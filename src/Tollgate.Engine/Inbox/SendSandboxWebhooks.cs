using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Payments.Sandbox;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Inbox;

/// <summary>
/// Sends the sandbox's webhooks to the same code that real providers call. If a server is killed, the webhooks that it had taken are sent
/// again after their lease.
/// </summary>
public sealed class SendSandboxWebhooks(
    NpgsqlDataSource database, ProjectDirectory directory, SandboxWebhooks webhooks, ReceiveWebhook receive, Clock clock, ParkedWork parked,
    ILogger<SendSandboxWebhooks> log)
    : Loop(Interval, "Sending webhooks of the sandbox failed", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>The time after which a taken webhook is free again, longer than it takes to send all webhooks of one turn.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const int MostAtOnce = 100;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        foreach (var (id, projectId, body, isForged) in await TakeAsync(cancel))
        {
            if (directory.Current.ProjectsById.TryGetValue(projectId, out var project))
            {
                var isSent = await parked.TryAsync(
                    WorkNames.SandboxWebhooks, project, id.ToString("D"), () => SendAsync(project, body, isForged, cancel), cancel);
                await using var end = database.Command(isSent ? SandboxSql.ForgetWebhook : SandboxSql.ReturnWebhook, id);
                await end.ExecuteNonQueryAsync(cancel);
            }
        }
    }

    private async Task<IReadOnlyList<(Guid Id, int Project, string Body, bool IsForged)>> TakeAsync(CancellationToken cancel)
    {
        await using var take = database.Command(SandboxSql.TakeWebhooks, MostAtOnce, Lease.TotalSeconds);
        await using var reader = await take.ExecuteReaderAsync(cancel);
        var due = new List<(Guid, int, string, bool)>();
        while (await reader.ReadAsync(cancel))
        {
            due.Add((reader.GetGuid(0), reader.GetInt32(1), reader.GetString(2), reader.GetBoolean(3)));
        }

        return due;
    }

    private async Task SendAsync(ProjectSnapshot project, string body, bool isForged, CancellationToken cancel)
    {
        var @event = SandboxEvent.Read(body) ?? throw new InvalidDataException("The body is no event of the sandbox.");
        var secret = await webhooks.SecretAsync(project, cancel);

        // Use the current secret, which may be newer than the snapshot.
        project = directory.Current.ProjectsById.GetValueOrDefault(project.Id) ?? project;
        var request = SandboxSignature.Sign(secret, @event.Id, body, clock.Now().ToOffset());
        var sent = isForged
            ? request with { Body = Encoding.UTF8.GetBytes(body.Replace("sandbox", "sandb0x", StringComparison.Ordinal)) }
            : request;
        await receive.RunAsync(PaymentProvider.Sandbox, sent, project, "the sandbox", cancel);
    }
}
