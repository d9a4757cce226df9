using System.Security.Cryptography;
using Npgsql;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Sandbox;

/// <summary>The faults of the sandbox's webhooks.</summary>
/// <param name="Copies">The number of copies of each webhook; 0: none, except events that are requested.</param>
/// <param name="DelaySeconds">The delay.</param>
/// <param name="IsShuffled">True if each has its own random delay up to <paramref name="DelaySeconds"/>, so that the order is
/// random.</param>
/// <param name="IsForged">True if a copy with a body that was changed after signing accompanies each one.</param>
public sealed record SandboxWebhookBehavior(int Copies, int DelaySeconds, bool IsShuffled, bool IsForged)
{
    public static readonly SandboxWebhookBehavior Silent = new(0, 0, false, false);
}

/// <summary>The sandbox's side of webhooks: the events of its provider, signed with a secret that it creates.</summary>
public sealed class SandboxWebhooks(NpgsqlDataSource database, PaymentSettings settings, ProviderKeys keys, Clock clock)
{
    /// <summary>
    /// The maximum of one project. All waiting webhooks are read twice a second, and sent one after the other: about 200 a second.
    /// </summary>
    public const int MostWaiting = 1_000;

    private const int SecretBytes = 32;

    /// <summary>Sets the faults of the project's webhooks from now on.</summary>
    public async Task BehaveAsync(ProjectSnapshot project, SandboxWebhookBehavior behavior, CancellationToken cancel)
    {
        await SecretAsync(project, cancel);
        await using var command = database.Command(
            SandboxSql.BehaveWebhooks, project.Id, behavior.Copies, behavior.DelaySeconds, behavior.IsShuffled, behavior.IsForged);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Queues an event. It is sent within a second, or with the delay that the project set.</summary>
    /// <param name="wait">Null: only if the project wants webhooks.</param>
    /// <returns>
    /// False: <see cref="MostWaiting"/> webhooks of the project wait already, and the sandbox drops this one. Tollgate still learns the
    /// outcome of a charge, because <c>QueryPayments</c> asks for it.
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
            SandboxSql.InsertWebhook, Guid.CreateVersion7(), project.Id, type, body, wait.TotalSeconds, isForged);
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

    /// <summary>Returns the signing secret. Makes one if there is none, or if the stored one cannot be read.</summary>
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
