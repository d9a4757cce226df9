using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Sandbox;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Inbox;

/// <summary>Sends the sandbox's webhooks, by the same way in as everybody's.</summary>
public sealed class SendSandboxWebhooks(
    NpgsqlDataSource database, ProjectDirectory directory, ProviderKeys keys, ReceiveWebhook receive, Clock clock, ILogger<SendSandboxWebhooks> log)
    : Loop(Interval, "The sandbox's webhooks could not be sent", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private const int MostAtOnce = 100;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        var due = await DueAsync(cancel);
        foreach (var (_, id, body, isForged) in due)
        {
            if (directory.Current.ProjectsById.TryGetValue(id, out var project))
            {
                await SendAsync(project, body, isForged, cancel);
            }
        }

        if (due.Count > 0)
        {
            await using var forget = database.Command(SandboxSql.ForgetWebhooks, due.Select(static one => one.Id).ToArray());
            await forget.ExecuteNonQueryAsync(cancel);
        }
    }

    /// <summary>Two servers may both find one: the inbox takes an event once, as it does from providers, who also send twice.</summary>
    private async Task<List<(Guid Id, int Project, string Body, bool IsForged)>> DueAsync(CancellationToken cancel)
    {
        List<(Guid Id, int Project, string Body, bool IsForged)> due = [];
        await using var take = database.Command(SandboxSql.TakeWebhooks, MostAtOnce);
        await using var reader = await take.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            due.Add((reader.GetGuid(0), reader.GetInt32(1), reader.GetString(2), reader.GetBoolean(3)));
        }

        return due;
    }

    private async Task SendAsync(ProjectSnapshot project, string body, bool isForged, CancellationToken cancel)
    {
        if (keys.Open(project, PaymentProvider.Sandbox)?[SandboxSignature.Secret] is { } text && WebhookSecret.Parse(text) is { } secret
            && SandboxEvent.Read(body) is { } @event)
        {
            var request = SandboxSignature.Sign(secret, @event.Id, body, clock.Now().ToOffset());
            var sent = isForged ? request with { Body = Encoding.UTF8.GetBytes(body.Replace("sandbox", "sandb0x", StringComparison.Ordinal)) } : request;
            await receive.RunAsync(PaymentProvider.Sandbox, sent, project, "the sandbox", cancel);
        }
    }
}
