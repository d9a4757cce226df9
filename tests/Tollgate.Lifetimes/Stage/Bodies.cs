using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.TestHost;

/// <summary>The request bodies: the steps of a story as JSON.</summary>
internal static class Bodies
{
    public static string Time(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Of(Join step) => Without(new JsonObject
    {
        ["id"] = step.Customer,
        ["country"] = step.Country,
        ["tax_id"] = step.TaxId,
    });

    public static JsonObject Of(Subscribe step) => Without(new JsonObject
    {
        ["customer"] = step.Customer,
        ["plan"] = step.Plan,
        ["period"] = ShopText.Word(step.Interval),
        ["quantity"] = step.Quantity,
        ["currency"] = step.Currency,
        ["trial"] = step.Trial,
        ["trial_end_behavior"] = step.TrialExpires ? "expire" : null,
        ["coupon"] = step.Coupon,
        ["add_ons"] = Of(step.AddOns),
    });

    public static JsonObject Of(Change step) => Without(new JsonObject
    {
        ["plan"] = step.Plan,
        ["period"] = Word(step.Interval),
        ["quantity"] = step.Quantity,
        ["when"] = Word(step.When),
        ["proration"] = Word(step.Proration),
        ["add_ons"] = Of(step.AddOns),
    });

    /// <summary>The verbs that have a path of their own.</summary>
    public static (string Verb, JsonObject Body) Of(CustomerStep step) => step switch
    {
        Cancel cancel => ("cancel", Without(new JsonObject { ["at"] = ShopText.Word(cancel.When), ["reason"] = cancel.Reason })),
        Uncancel => ("uncancel", []),
        Pause pause => ("pause", Without(new JsonObject { ["until"] = pause.Until is { } until ? Time(until) : null })),
        Resume => ("resume", []),
        _ => throw new InvalidOperationException($"No such step: {step}"),
    };

    public static JsonObject Of(Use step) => new()
    {
        ["id"] = step.Id,
        ["customer"] = step.Customer,
        ["type"] = step.Feature,
        ["quantity"] = step.Quantity,
        ["occurred_at"] = Time(step.OccurredAt),
    };

    public static JsonObject Of(Buy step) => new() { ["pack"] = step.Pack, ["quantity"] = step.Quantity };

    public static JsonObject Of(CouponSpec coupon, string currency) => Without(new JsonObject
    {
        ["code"] = coupon.Code,
        ["percent_off"] = coupon.PercentOff,
        ["amount_off"] = coupon.AmountOff,
        ["currency"] = coupon.AmountOff is null ? null : currency,
        ["duration"] = ShopText.Word(coupon.Duration),
        ["months"] = coupon.Duration == Duration.Repeating ? coupon.Months : null,
        ["carry_over"] = coupon.CarriesOver ? true : null,
    });

    public static JsonObject Of(Give step) => Without(new JsonObject
    {
        ["amount"] = step.Amount,
        ["kind"] = step.Prepaid ? "prepaid" : "promotional",
        ["expires_at"] = step.Expires is { } expires ? Time(expires) : null,
    });

    public static JsonObject OfTaxes(Shop shop) => new()
    {
        ["rates"] = new JsonArray([.. shop.Taxes.Select(rate => new JsonObject
        {
            ["country"] = rate.Country,
            ["name"] = rate.Name,
            ["percent"] = rate.Percent,
            ["inclusive"] = rate.Inclusive,
            ["reverse_charge"] = rate.ReverseCharge,
        })]),
    };

    private static JsonArray? Of(HeldAddOns? held) =>
        held is null
            ? null
            : new JsonArray([.. held.All.Select(one => new JsonObject { ["code"] = one.Code, ["quantity"] = one.Quantity })]);

    private static string? Word<T>(T? value)
        where T : struct, Enum => value is { } word ? ShopText.Word(word) : null;

    /// <summary>Removes null members, which are not sent.</summary>
    private static JsonObject Without(JsonObject body)
    {
        foreach (var name in body.Where(member => member.Value is null).Select(member => member.Key).ToList())
        {
            body.Remove(name);
        }

        return body;
    }
}
