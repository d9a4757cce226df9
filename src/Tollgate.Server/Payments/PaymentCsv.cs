using System.Text;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Payments;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary>One line of <c>/v1/payments.csv</c>: amounts in minor units (exact, for programs) and in major ones.</summary>
internal static class PaymentCsv
{
    public static readonly string[] Columns =
    [
        "id", "customer", "invoice", "provider_invoice", "checkout", "provider", "payment_method", "status", "failure", "currency",
        "amount_minor", "amount", "refunded_minor", "refunded", "dispute", "reference", "created_at", "settled_at",
    ];

    public static void Line(StringBuilder csv, Payment payment, PaymentView view) =>
        csv.Plain(view.Id).Next().Cell(view.Customer).Next().Plain(view.Invoice).Next().Cell(view.ProviderInvoice).Next()
            .Plain(view.Checkout).Next().Plain(view.Provider).Next().Plain(view.PaymentMethod).Next().Plain(view.Status).Next()
            .Plain(view.Failure).Next().Plain(view.Currency).Next().Money(payment.Amount).Next().Money(payment.Refunded).Next()
            .Plain(view.Dispute).Next().Cell(view.Reference).Next().Time(view.CreatedAt).Next().Time(view.SettledAt).End();
}
