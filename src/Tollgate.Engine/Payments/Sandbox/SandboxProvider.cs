using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Sandbox;

/// <summary>
/// The provider of sandbox projects. Like a real provider it has tables of its own: it charges a key once, and answers queries about it.
/// Its cards have fixed outcomes (<see cref="SandboxCards"/>); outcomes that a project requests with <see cref="BehaveAsync"/> take
/// precedence.
/// </summary>
public sealed class SandboxProvider(NpgsqlDataSource database, SandboxWebhooks webhooks) : IPaymentProvider
{
    public PaymentProvider Name => PaymentProvider.Sandbox;

    public ProviderCapabilities Capabilities { get; } = new()
    {
        ChargesSavedMethods = true, HasCheckout = true, UsesTollgatePages = true, HasPortal = true, Refunds = true, SendsWebhooks = true,
    };

    public (string Field, string Fault)? Refuse(ProjectMode mode, IReadOnlyDictionary<string, string> credentials) =>
        mode == ProjectMode.Sandbox
        ? null
        : ("provider", "The sandbox moves no money. Choose another provider for a live project, or manual.");

    /// <summary>The delay of a late success.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(5);

    public async Task<ProviderAnswer?> ChargeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel)
    {
        // The sandbox moves no money, so it never pays anything of a live project.
        if (project.Mode != ProjectMode.Sandbox)
        {
            return new(ReferenceOf("ch", order.Key), PaymentFailure.Declined);
        }

        var outcome = await NextOutcomeAsync(project, order, cancel);
        if (outcome == SandboxOutcome.AuthenticationRequired && order.IsPresent)
        {
            // The tables have no record until the customer has answered the bank's page.
            return new(ReferenceOf("ch", order.Key), null) { NeedsCustomer = true };
        }

        var wait = outcome == SandboxOutcome.LateSuccess ? Lateness : TimeSpan.Zero;
        var failure = SandboxCards.FailureOf(outcome);
        var answer = await DoAsync(project, order.Key, ("ch", failure, wait), cancel);
        await QueueAsync(project, order.Key, order.Amount, failure, outcome == SandboxOutcome.LateSuccess ? wait : null, cancel);
        return outcome == SandboxOutcome.Timeout ? null : answer;
    }

    public async Task<ProviderAnswer?> RefundAsync(ProjectSnapshot project, RefundOrder order, CancellationToken cancel)
    {
        var answer = await DoAsync(project, order.Key, ("re", null, TimeSpan.Zero), cancel);
        await webhooks.QueueAsync(
            project, SandboxEvent.RefundSucceeded,
            new(ReferenceOf("re", order.Key), order.Key, null, order.Charge, order.Amount.Minor, order.Amount.Currency.Code), null, cancel);
        return answer;
    }

    /// <returns>Undecided also for a charge that is done and reported later.</returns>
    public async Task<ProviderAnswer?> FindAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        var (isKnown, answer) = await LookUpAsync(project, key, cancel);
        return answer ?? (isKnown ? ProviderAnswer.Undecided : null);
    }

    /// <summary>The sandbox's pages are Tollgate's own, so no page is opened elsewhere.</summary>
    public Task<HostedPage?> OpenCheckoutAsync(ProjectSnapshot project, CheckoutOrder order, CancellationToken cancel) =>
        Task.FromResult<HostedPage?>(null);

    public Task<Uri?> OpenPortalAsync(ProjectSnapshot project, ProviderParty customer, Uri returnUrl, CancellationToken cancel) =>
        Task.FromResult<Uri?>(null);

    public WebhookReading ReadWebhook(IReadOnlyDictionary<string, string> credentials, WebhookRequest request, DateTimeOffset now) =>
        SandboxSignature.Read(credentials, request, now);

    public Task<ParsedEvent> ParseAsync(ProjectSnapshot project, ProviderEvent @event, CancellationToken cancel) => 
        Task.FromResult(SandboxEvent.Read(@event.Body)?.ToUpdate() is { } update ? new ParsedEvent([update]) : ParsedEvent.Nothing);

    /// <summary>Records the customer's answer on the bank's page. The first answer counts.</summary>
    public async Task<ProviderAnswer> ConfirmAsync(
        ProjectSnapshot project, Guid key, MoneyAmount amount, bool isApproved, CancellationToken cancel)
    {
        var answer =
            (await DoAsync(project, key, ("ch", isApproved ? null : PaymentFailure.AuthenticationRequired, TimeSpan.Zero), cancel))!;
        await QueueAsync(project, key, amount, answer.Failure, null, cancel);
        return answer;
    }

    private Task QueueAsync(
        ProjectSnapshot project, Guid key, MoneyAmount amount, PaymentFailure? failure, TimeSpan? wait, CancellationToken cancel) =>
        webhooks.QueueAsync(
        project,
        failure is null ? SandboxEvent.PaymentSucceeded : SandboxEvent.PaymentFailed,
        new(ReferenceOf("ch", key), key, failure, Amount: amount.Minor, Currency: amount.Currency.Code),
        wait,
        cancel);

    /// <summary>Sets the outcome of the customer's next charges; earlier requests apply first.</summary>
    public async Task BehaveAsync(ProjectSnapshot project, string customer, SandboxOutcome outcome, int times, CancellationToken cancel)
    {
        await using var command = database.Command(SandboxSql.Behave, project.Id, customer, CatalogWords.Of(outcome), times);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<SandboxOutcome> NextOutcomeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel)
    {
        // A repeat of a key uses up no behavior: it gets the first answer.
        if ((await LookUpAsync(project, order.Key, cancel)).IsKnown)
        {
            return SandboxOutcome.Success;
        }

        await using var command = database.Command(SandboxSql.TakeBehavior, project.Id, order.Customer);
        return await command.ExecuteScalarAsync(cancel) is string wanted
            ? CatalogWords.Read<SandboxOutcome>(wanted)
            : SandboxCards.Find(order.Method.Token)?.Outcome ?? SandboxOutcome.Decline;
    }

    /// <summary>Acts once for each key: a repeat gets the first answer.</summary>
    private async Task<ProviderAnswer?> DoAsync(
        ProjectSnapshot project, Guid key, (string Prefix, PaymentFailure? Failure, TimeSpan Wait) what, CancellationToken cancel)
    {
        await using (var command = database.Command(
            SandboxSql.Do, project.Id, key,
            SqlCommands.OrNull(what.Failure is { } why ? CatalogWords.Of(why) : null, NpgsqlTypes.NpgsqlDbType.Text),
            ReferenceOf(what.Prefix, key), what.Wait.TotalSeconds))
        {
            await command.ExecuteNonQueryAsync(cancel);
        }

        return (await LookUpAsync(project, key, cancel)).Answer;
    }

    private static string ReferenceOf(string prefix, Guid key) => $"{prefix}_sandbox_{key:N}";

    private async Task<(bool IsKnown, ProviderAnswer? Answer)> LookUpAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        await using var command = database.Command(SandboxSql.Find, project.Id, key);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? (true,
                reader.GetBoolean(2)
                    ? new(reader.GetString(0), reader.IsDBNull(1) ? null : CatalogWords.Read<PaymentFailure>(reader.GetString(1)))
                    : null)
            : (false, null);
    }
}
