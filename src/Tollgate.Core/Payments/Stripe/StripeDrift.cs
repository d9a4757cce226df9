using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>A difference between Tollgate and Stripe.</summary>
/// <param name="Kind"><c>subscription</c>, <c>invoice</c>, <c>payment</c> or <c>refund</c>.</param>
/// <param name="Id">Tollgate's id; null: Tollgate has no such object.</param>
/// <param name="Reference">Stripe's id; null: Stripe has no such object.</param>
/// <param name="Field">The differing field; null: the object, since one side has none.</param>
/// <param name="Ours">Tollgate's value in words; null: none.</param>
/// <param name="Theirs">Stripe's value in words; null: none.</param>
/// <param name="Advice">Advice for operators.</param>
/// <param name="IsTheirs">True if Stripe is right and Tollgate can apply its state.</param>
public sealed record StripeDrift(
    string Kind, string? Id, string? Reference, string? Field, string? Ours, string? Theirs, string Advice, bool IsTheirs);

/// <summary>A subscription in the state of either side.</summary>
public sealed record ProviderManagedState(string Status, string Plan, string Interval, long Quantity, Period Period, Instant? CancelAt);

/// <summary>The comparison of both sides, which returns the differences.</summary>
public static class StripeDrifts
{
    private const string Follow =
        "Stripe is authoritative: run it with --repair, and check why Tollgate did not apply its event (tollgate provider-events list).";

    /// <summary>Returns one difference for each member that differs.</summary>
    /// <param name="theirs">Null: it has ended there, or never existed.</param>
    public static IEnumerable<StripeDrift> OfSubscription(
        string reference, string? id, ProviderManagedState? ours, ProviderManagedState? theirs)
    {
        if (ours is null || theirs is null)
        {
            if (ours is not null || theirs is not null)
            {
                yield return new(
                    "subscription", id, theirs is null ? null : reference, null, ours?.Status, theirs?.Status,
                    theirs is null
                        ? "Stripe has no such subscription: the key is of another account or mode. Set the right one, or end it here: "
                            + "POST /v1/subscriptions/{id}/cancel with at: now."
                        : Follow,
                    theirs is not null);
            }

            yield break;
        }

        // Tollgate cuts the last period of an ended subscription at its end; Stripe keeps it whole.
        var isOver = ours.Status == theirs.Status && theirs.Status == CatalogWords.Of(SubscriptionStatus.Canceled);
        foreach (var (field, mine, its) in new (string, string?, string?)[]
        {
            ("status", ours.Status, theirs.Status), ("plan", $"{ours.Plan} {ours.Interval}", $"{theirs.Plan} {theirs.Interval}"),
            ("quantity", $"{ours.Quantity}", $"{theirs.Quantity}"),
            ("period", Written(ours.Period), Written(theirs.Period)), ("cancel_at", ours.CancelAt?.ToString(), theirs.CancelAt?.ToString()),
        })
        {
            if (mine != its && !(isOver && field is "period"))
            {
                yield return new("subscription", id, reference, field, mine, its, Follow, true);
            }
        }
    }

    /// <summary>Compares a paid invoice of Stripe's with Tollgate's payment for it.</summary>
    public static StripeDrift? OfInvoice(string reference, MoneyAmount paid, Payment? ours) => ours switch
    {
        null => new(
            "invoice", null, reference, null, null, $"paid {paid}", "Stripe has a payment that is missing here. Run it with --repair.",
            true),
        { Status: not PaymentStatus.Succeeded } =>
            new("invoice", ours.Id.ToString("D"), reference, "status", CatalogWords.Of(ours.Status), $"paid {paid}",
                "Run it with --repair.", true),
        _ when ours.Amount != paid =>
            new("invoice", ours.Id.ToString("D"), reference, "amount", $"{ours.Amount}", $"{paid}",
                "Tollgate keeps its record. Correct the amount at Stripe, with a credit note or a refund.", false),
        _ => null,
    };

    /// <summary>Compares a payment that Tollgate requested.</summary>
    /// <param name="theirs">Null: Stripe has no such payment.</param>
    /// <param name="isUndecided">True if the customer may still pay on a page.</param>
    public static StripeDrift? OfPayment(Payment? ours, StripePayment? theirs, bool isUndecided)
    {
        var (id, moved) = (ours?.Id.ToString("D"), isUndecided ? null : theirs?.Outcome.Moved);
        return (ours, theirs) switch
        {
            (null, null) => null,
            (null, not null) => moved == true
                ? new("payment", theirs.Metadata.GetValueOrDefault("tollgate_payment"), theirs.Id, null, null,
                    $"succeeded {theirs.Received}",
                    "Tollgate does not know the payment that Stripe names: its database was restored to an earlier state, "
                        + "or another server created the payment. Refund it at Stripe, or record it manually.",
                    false)
                : null,
            (not null, null) => ours.Status == PaymentStatus.Succeeded
                ? new("payment", id, null, null, $"succeeded {ours.Amount}", null,
                    "Stripe has no such payment: it was made with the key of another account or mode. Set that key, "
                        + "or reverse Tollgate's record with a credit note, and take back the credit that it gives.",
                    false)
                : null,
            _ when ours.Status == PaymentStatus.Succeeded && moved == true && theirs.Received is { } received && received != ours.Amount =>
                new("payment", id, theirs.Id, "amount", $"{ours.Amount}", $"{received}",
                    "Tollgate keeps its record. Refund or credit the difference manually.", false),
            _ when ours.Status != PaymentStatus.Succeeded && moved == true =>
                new("payment", id, theirs.Id, "status", CatalogWords.Of(ours.Status), "succeeded",
                    "The payment succeeded: run it with --repair.",
                    true),
            _ when ours.IsOpen && moved == false =>
                new("payment", id, theirs.Id, "status", CatalogWords.Of(ours.Status), theirs.Status,
                    "The payment failed: run it with --repair.",
                    true),
            _ when ours.Status == PaymentStatus.Succeeded && moved != true =>
                new("payment", id, theirs.Id, "status", "succeeded", theirs.Status,
                    "Tollgate recorded it as paid, but Stripe has no money for it. Check it at Stripe; Tollgate keeps its record.", false),
            _ => null,
        };
    }

    /// <summary>Compares the refunded amount of a payment.</summary>
    public static StripeDrift? OfRefunds(Payment ours, string reference, MoneyAmount theirs) =>
        ours.Refunded == theirs || ours.Status != PaymentStatus.Succeeded
        ? null
        : new(
            "refund", ours.Id.ToString("D"), reference, "amount", $"{ours.Refunded}", $"{theirs}",
            ours.Refunded.Minor < theirs.Minor
                ? "Stripe has a refund that is missing here. Run it with --repair."
                : "Tollgate has a refund that Stripe did not make, or that failed. Check it at Stripe.",
            ours.Refunded.Minor < theirs.Minor);

    private static string Written(Period period) => $"{period.Start} to {period.End}";
}
