using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>A charge as a provider sees it.</summary>
/// <param name="Key">Idempotency key: the same is done once, however often it is asked for.</param>
/// <param name="Customer">The project's own id.</param>
public sealed record ChargeOrder(Guid Key, string Customer, PaymentMethod Method, MoneyAmount Amount);

/// <param name="Charge">The provider's id of what is to go back.</param>
public sealed record RefundOrder(Guid Key, string Customer, string Charge, MoneyAmount Amount);

/// <summary>What a provider did.</summary>
/// <param name="Reference">The provider's own id of it.</param>
/// <param name="Failure">Null: the money moved.</param>
public sealed record ProviderAnswer(string Reference, PaymentFailure? Failure);

/// <summary>
/// The seam to who moves money. It knows amounts, tokens and keys, nothing of subscriptions and invoices. The caller has stored what it asks
/// for before it asks.
/// </summary>
public interface IPaymentProvider
{
    PaymentProvider Name { get; }

    /// <returns>Null: no answer came. It may have happened; <see cref="FindAsync"/> tells.</returns>
    Task<ProviderAnswer?> ChargeAsync(ProjectSnapshot project, ChargeOrder order, CancellationToken cancel);

    /// <returns>Null: no answer came.</returns>
    Task<ProviderAnswer?> RefundAsync(ProjectSnapshot project, RefundOrder order, CancellationToken cancel);

    /// <summary>What it did under a key.</summary>
    /// <returns>Null: nothing; it was never asked.</returns>
    Task<ProviderAnswer?> FindAsync(ProjectSnapshot project, Guid key, CancellationToken cancel);
}
