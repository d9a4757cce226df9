using System.Security.Cryptography;
using Npgsql;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Sandbox;

/// <summary>How badly the sandbox's webhooks come.</summary>
/// <param name="Copies">How often each; 0: never, as long as nobody asks for an event.</param>
/// <param name="DelaySeconds">How late.</param>
/// <param name="IsShuffled">Each at a time of its own within the delay: in any order.</param>
/// <param name="IsForged">Beside each one comes another whose body was changed after it was signed.</param>
public sealed record SandboxWebhookBehavior(int Copies, int DelaySeconds, bool IsShuffled, bool IsForged)
{
    public static readonly SandboxWebhookBehavior Silent = new(0, 0, false, false);
}

/// <summary>The sandbox's side of webhooks: what its provider tells, signed with a secret that it makes for itself.</summary>
public sealed class SandboxWebhooks(NpgsqlDataSource database, PaymentSettings settings, ProviderKeys keys, Clock clock)
{
    /// <summary>Of one project. All that wait are read twice a second, and sent one after the other: about 200 a second.</summary>
    public const int MostWaiting = 1_000;

    private const int SecretBytes = 32;

    /// <summary>How the project's webhooks come from now on.</summary>
    public async Task BehaveAsync(ProjectSnapshot project, SandboxWebhookBehavior behavior, CancellationToken cancel)
    {
        await SecretAsync(project, cancel);
        await using var command = database.Command(
            SandboxSql.BehaveWebhooks, project.Id, behavior.Copies, behavior.DelaySeconds, behavior.IsShuffled, behavior.IsForged);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Tells something of its own accord. It is sent within a second, or as the project asked for.</summary>
    /// <param name="wait">Null: only if the project wants webhooks.</param>
    /// <returns>
    /// False: <see cref="MostWaiting"/> of the project wait already, and the sandbox drops this one. Tollgate learns the outcome of a
    /// charge all the same: <c>QueryPayments</c> asks.
    /// </returns>
    public async Task<bool> QueueAsync(ProjectSnapshot project, string type, SandboxObject about, TimeSpan? wait, CancellationToken cancel)
    {
        var behavior = await BehaviorAsync(project, cancel);
        var copies = wait is null ? behavior.Copies : Math.Max(behavior.Copies, 1);
        if (copies == 0)
        {
            return true;
        }

        if (await WaitingAsync(project, cancel) >= MostWaiting)
        {
            return false;
        }

        await SecretAsync(project, cancel);
        var @event =
            new SandboxEvent { Id = $"evt_sandbox_{Guid.CreateVersion7():N}", Type = type, Created = clock.Now().ToOffset(), Data = about };
        var body = @event.Write();
        for (var copy = 0; copy < copies; copy++)
        {
            await SendLaterAsync(project, type, body, (wait ?? TimeSpan.Zero) + DelayOf(behavior), isForged: false, cancel);
        }

        if (behavior.IsForged)
        {
            await SendLaterAsync(project, type, body, DelayOf(behavior), isForged: true, cancel);
        }

        return true;
    }

    private async Task<long> WaitingAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(SandboxSql.WaitingWebhooks, project.Id, MostWaiting);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static TimeSpan DelayOf(SandboxWebhookBehavior behavior)
    {
        var most = TimeSpan.FromSeconds(behavior.DelaySeconds);
        return behavior.IsShuffled ? TimeSpan.FromTicks(Random.Shared.NextInt64(most.Ticks + 1)) : most;
    }

    private async Task SendLaterAsync(
        ProjectSnapshot project, string type, string body, TimeSpan wait, bool isForged, CancellationToken cancel)
    {
        await using var command = database.Command(
            SandboxSql.Tell, Guid.CreateVersion7(), project.Id, type, body, wait.TotalSeconds, isForged);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<SandboxWebhookBehavior> BehaviorAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(SandboxSql.WebhookBehavior, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(reader.GetInt32(0), reader.GetInt32(1), reader.GetBoolean(2), reader.GetBoolean(3))
            : SandboxWebhookBehavior.Silent;
    }

    /// <summary>The secret that signs. Made where there is none yet, and anew where what is stored cannot be read or holds none.</summary>
    internal async Task<WebhookSecret> SecretAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var now = settings.Newest(project);
        if (keys.Open(now, PaymentProvider.Sandbox)?.GetValueOrDefault(SandboxSignature.Secret) is { } text
            && WebhookSecret.Parse(text) is { } known)
        {
            return known;
        }

        var secret = WebhookSecret.Of(RandomNumberGenerator.GetBytes(SecretBytes));
        await settings.StoreAsync(
            project, PaymentProvider.Sandbox, new Dictionary<string, string> { [SandboxSignature.Secret] = secret.Text }, cancel);
        return secret;
    }
}
