using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>
/// The provider of sandbox projects. It keeps books of its own, as a provider does: a key is done once, and what was done can be asked for. Its cards
/// answer by themselves (<see cref="SandboxCards"/>); what a project asked for with <see cref="BehaveAsync"/> goes before that.
/// </summary>
public sealed class SandboxProvider(NpgsqlDataSource database) : IPaymentProvider
{
    public PaymentProvider Name => PaymentProvider.Sandbox;

    public ProviderCapabilities Capabilities { get; } = new()
    {
        ChargesSavedMethods = true, HasCheckout = true, HasPortal = true, Refunds = true, SendsWebhooks = true,
    };

    public (string Field, string Fault)? Refuse(ProjectMode mode, IReadOnlyDictionary<string, string> credentials) => mode == ProjectMode.Sandbox
        ? null
        : ("provider", "Nothing moves in the sandbox: a live project takes real money, or is paid by hand.");

    public async Task<ProviderAnswer?> ChargeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel)
    {
        var outcome = await NextOutcomeAsync(project, order, cancel);
        var answer = await DoAsync(project, order.Key, "ch", SandboxCards.FailureOf(outcome), cancel);
        return outcome == SandboxOutcome.Timeout ? null : answer;
    }

    public async Task<ProviderAnswer?> RefundAsync(ProjectSnapshot project, RefundOrder order, CancellationToken cancel) =>
        await DoAsync(project, order.Key, "re", null, cancel);

    public async Task<ProviderAnswer?> FindAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        await using var command = database.Command(SandboxSql.Find, project.Id, key);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(reader) : null;
    }

    /// <summary>The sandbox's pages are Tollgate's own: nothing is opened elsewhere.</summary>
    public Task<HostedPage?> OpenCheckoutAsync(ProjectSnapshot project, CheckoutOrder order, CancellationToken cancel) => Task.FromResult<HostedPage?>(null);

    public Task<Uri?> OpenPortalAsync(ProjectSnapshot project, ProviderParty customer, Uri returnUrl, CancellationToken cancel) => Task.FromResult<Uri?>(null);

    public WebhookReading ReadWebhook(IReadOnlyDictionary<string, string> credentials, WebhookRequest request, DateTimeOffset now) =>
        SandboxWebhooks.Read(credentials, request, now);

    public Task<ProviderTold> TellAsync(ProjectSnapshot project, ProviderEvent @event, CancellationToken cancel) => Task.FromResult(SandboxWebhooks.Tell(@event));

    /// <summary>What the customer's next charges come to; what was asked for before comes first.</summary>
    public async Task BehaveAsync(ProjectSnapshot project, string customer, SandboxOutcome outcome, int times, CancellationToken cancel)
    {
        await using var command = database.Command(SandboxSql.Behave, project.Id, customer, CatalogWords.Of(outcome), times);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<SandboxOutcome> NextOutcomeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel)
    {
        // A repeat of a key uses up nothing: it is answered with what was done.
        if (await FindAsync(project, order.Key, cancel) is not null)
        {
            return SandboxOutcome.Success;
        }

        await using var command = database.Command(SandboxSql.TakeBehavior, project.Id, order.Customer);
        return await command.ExecuteScalarAsync(cancel) is string wanted
            ? CatalogWords.Read<SandboxOutcome>(wanted)
            : SandboxCards.Find(order.Method.Token)?.Outcome ?? SandboxOutcome.Decline;
    }

    /// <summary>Once for each key: a repeat answers what the first did.</summary>
    private async Task<ProviderAnswer> DoAsync(ProjectSnapshot project, Guid key, string prefix, PaymentFailure? failure, CancellationToken cancel)
    {
        var reference = $"{prefix}_sandbox_{key:N}";
        await using (var command = database.Command(
            SandboxSql.Do, project.Id, key, CustomerCommands.OrNull(failure is { } why ? CatalogWords.Of(why) : null, NpgsqlTypes.NpgsqlDbType.Text), reference))
        {
            await command.ExecuteNonQueryAsync(cancel);
        }

        return (await FindAsync(project, key, cancel))!;
    }

    private static ProviderAnswer Read(NpgsqlDataReader reader) =>
        new(reader.GetString(0), reader.IsDBNull(1) ? null : CatalogWords.Read<PaymentFailure>(reader.GetString(1)));
}
