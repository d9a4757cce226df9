using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>What a step in a customer's life asks for, before reductions, tax and credits.</summary>
public sealed record InvoiceDraft(InvoiceKind Kind, Period Period, Currency Currency, IReadOnlyList<InvoiceLine> Lines)
{
    public MoneyAmount Subtotal => Lines.Aggregate(MoneyAmount.Zero(Currency), static (sum, line) => sum + line.Amount);
}
