using Microsoft.Extensions.Logging;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Paymob;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Paymob;

/// <summary>
/// Charges saved cards without their owners, by an integration that Paymob opens for that (MOTO). It 1. makes an order, which moves
/// nothing, and commits its name; 2. pays it with the card; 3. returns the answer. A card is sent to an order once: if the answer is lost,
/// Tollgate queries the order and never pays it again.
/// </summary>
public sealed partial class PaymobProvider
{
    public ProviderCapabilities CapabilitiesOf(ProjectSnapshot project) =>
        keys.Open(project, Name) is { } opened && PaymobCredentials.Read(opened).Moto is not null
            ? Capabilities with { ChargesSavedMethods = true }
            : Capabilities;

    public async Task<ProviderAnswer?> ChargeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel)
    {
        if (Account(project) is not { } account)
        {
            return null;
        }

        // The project removed the integration meanwhile: a card saved at Paymob then needs its owner.
        if (account.Moto is not { } moto)
        {
            return new($"{order.Key:N}", PaymentFailure.AuthenticationRequired);
        }

        // No number: the order was already sent, and is queried.
        if (await NextAttemptAsync(project, order.Key, cancel) is not { } attempt)
        {
            return null;
        }

        // 1.
        var reference = PaymobCredentials.ReferenceOf(order.Key, attempt);
        var wanted = new PaymobIntentionOrder(reference, order.Amount, order.Customer, new(null, null), [moto], Lifetime.Least)
        {
            CardToken = order.Method.Token,
        };
        var made = await client.IntendAsync(account, wanted, cancel);
        if (made?.Value is not { PaymentKey: { } key } intention)
        {
            Report(project, $"payment {order.Key} could not be ordered", made?.Refusal);
            await EndAttemptAsync(project, order.Key, attempt, CancellationToken.None);
            return made?.Refusal is null || IsOfKey(made.Refusal) ? null : new(reference, PaymentFailure.ProviderRefused);
        }

        var until = clock.Now().ToOffset() + Lifetime.Least;
        var isFirst = await ExecuteAsync(
            PaymobSql.KeepOrder, cancel, project.Id, order.Key, reference, intention.Order,
            Seal(client.PageOf(account, intention), order.Key), until.UtcDateTime, true) == 1;

        // 2. and 3.
        return isFirst && await client.PayAsync(account, key, order.Method.Token, cancel) is { } answer
            ? await AnswerOfAsync(project, order.Key, answer, cancel)
            : null;
    }

    /// <summary>True if the refusal concerns the keys: that is not a failure of the customer's payment.</summary>
    private static bool IsOfKey(string refusal) =>
        refusal.StartsWith("401", StringComparison.Ordinal) || refusal.StartsWith("403", StringComparison.Ordinal);

    /// <summary>A refusal without a transaction concerns the card's token; its owner can save the card again.</summary>
    private async Task<ProviderAnswer?> AnswerOfAsync(
        ProjectSnapshot project, Guid key, PaymobAnswer<PaymobTransaction> answer, CancellationToken cancel)
    {
        if (answer.Value is { } transaction)
        {
            return await EndOfAsync(project, key, transaction, cancel);
        }

        Report(project, $"payment {key} was not taken from the saved card", answer.Refusal);
        return IsOfKey(answer.Refusal!) ? null : new($"{key:N}", PaymentFailure.Declined);
    }

    /// <summary>Returns null if the transaction is undecided, or if an operator has to check it.</summary>
    private async Task<ProviderAnswer?> EndOfAsync(
        ProjectSnapshot project, Guid key, PaymobTransaction transaction, CancellationToken cancel) =>
        PaymobRules.StatusOf(transaction) switch
    {
        PaymentStatus.Failed => new(ReferenceOf(transaction), PaymobRules.FailureOf(transaction)),
        PaymentStatus.Succeeded when await WhyNotWholeAsync(project, key, transaction, cancel) is null =>
            new(ReferenceOf(transaction), null),
        _ => null,
    };

    /// <summary>
    /// An order without a transaction at Paymob was never paid if its time is over: another attempt may follow.
    /// </summary>
    /// <exception cref="ProviderSilentException">Paymob did not answer.</exception>
    private async Task<ProviderAnswer> FindChargeAsync(
        ProjectSnapshot project, Guid key, KeptOrder order, bool isOver, CancellationToken cancel)
    {
        var answer = await client.InquireAsync(AccountOrSilence(project), order.Reference, cancel) ?? throw Silent();
        return answer.Value is { } transaction ? await EndOfAsync(project, key, transaction, cancel) ?? ProviderAnswer.Undecided
            : isOver ? new(order.Reference, PaymentFailure.Canceled)
            : ProviderAnswer.Undecided;
    }

    /// <summary>On a page the customer tries another card; for a saved card a decline is final.</summary>
    private async Task<ParsedEvent> ParseDeclineAsync(ProjectSnapshot project, PaymobTransaction transaction, CancellationToken cancel) =>
        PaymobRules.StatusOf(transaction) == PaymentStatus.Failed && await KeyOfAsync(project, transaction.Order, cancel) is { } key
            && await OrderAsync(project, key, cancel) is { IsCharge: true }
            ? new([new PaymentUpdate(key, ReferenceOf(transaction), PaymobRules.FailureOf(transaction))])
            : new([]);
}
