using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.TestHost;

/// <summary>The explanation of a usage line. The steps are computed again, and must give the line's amount.</summary>
internal static partial class Explanations
{
    /// <summary>The amount of the line before discounts on credits.</summary>
    public static long Rated(JsonObject line, string currency)
    {
        var (sum, before, rated) = (0m, 0m, (decimal?)null);
        var amount = Major((long)line["amount"]!, currency);
        foreach (var step in line["steps"]!.AsArray().Select(step => (string)step!))
        {
            if (Priced().Match(step) is { Success: true } priced)
            {
                (Number(priced, "units") * Number(priced, "price") + Number(priced, "fee")).ShouldBe(
                    Number(priced, "amount"), $"The step does not come to what it says: {line}");
                sum += Number(priced, "amount");
            }
            else if (BilledBefore().Match(step) is { Success: true } billed)
            {
                before += Number(billed, "amount");
            }
            else if (TakenBack().Match(step) is { Success: true } back)
            {
                rated = -Number(back, "rated");
                (-Number(back, "paid")).ShouldBe(amount, $"The credited amount differs from its steps: {line}");
            }
            else
            {
                sum += decimal.Parse(step[(step.LastIndexOf('=') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
            }
        }

        (decimal.Round(sum, Shop.DigitsOf(currency), MidpointRounding.AwayFromZero) - before).ShouldBe(
            rated ?? amount, $"The steps do not come to the line: {line}");
        return (long)((rated ?? amount) / Major(1, currency));
    }

    /// <summary>An explanation's parts must fill its period without a gap.</summary>
    /// <param name="rated">The rated sum of all lines of the period.</param>
    public static Explained Of(string customer, string currency, JsonObject explanation, long rated)
    {
        var (line, usage) = (explanation["line"]!, explanation["usage"]!);
        var (start, end) = (Time(line["period_start"]!), Time(line["period_end"]!));
        var stretches = usage["parts"]!.AsArray().Select(part => Part(part!.AsObject())).ToList();
        stretches.Select(part => part.From)
            .ShouldBe([start, .. stretches.SkipLast(1).Select(part => part.To)], $"The parts do not fill the period: {explanation}");
        stretches[^1].To.ShouldBe(end, $"The parts do not fill the period: {explanation}");
        return new(customer, currency, (string)line["feature"]!, start, end, rated, (decimal)usage["beyond"]!, stretches);
    }

    private static Stretch Part(JsonObject part)
    {
        var price = part["price"] is JsonObject sold ? Price(sold) : null;
        return new(
            Time(part["from"]!), Time(part["to"]!), price is null ? null : (string)part["plan"]!,
            price is null ? null : (decimal?)part["included"], (decimal?)part["used"],
            (decimal)part["beyond"]!, price);
    }

    private static Overage Price(JsonObject price) => new(
        Enum.GetValues<Rate>().Single(rate => ShopText.Word(rate) == (string)price["mode"]!),
        [
            .. price["tiers"]!.AsArray().Select(tier => new Tier(
                (decimal?)tier!["up_to"], decimal.Parse((string)tier["unit_price"]!, CultureInfo.InvariantCulture),
                decimal.Parse((string?)tier["flat_fee"] ?? "0", CultureInfo.InvariantCulture))),
        ],
        (decimal?)price["package_size"] ?? 0) { FirstFlatFee = (string)price["first_flat_fee"]! };

    private static decimal Number(Match match, string group) =>
        match.Groups[group] is { Success: true, Value: var value } ? decimal.Parse(value, CultureInfo.InvariantCulture) : 0;

    private static decimal Major(long minor, string currency) =>
        Shop.DigitsOf(currency) switch { 0 => minor, 3 => minor / 1000m, _ => minor / 100m };

    private static DateTime Time(JsonNode time) =>
        DateTimeOffset.Parse((string)time!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime;

    [GeneratedRegex(
        @"^(?<units>[\d.]+) (units|packages) × (?<price>[\d.]+) [A-Z]{3}( \+ (?<fee>[\d.]+) [A-Z]{3})? = (?<amount>[\d.]+) [A-Z]{3}\z")]
    private static partial Regex Priced();

    [GeneratedRegex(@"^billed before: \S+ for (?<amount>-?[\d.]+) [A-Z]{3}\z")]
    private static partial Regex BilledBefore();

    [GeneratedRegex(
        @"^(?<rated>[\d.]+) [A-Z]{3} taken back, of which (?<paid>[\d.]+) [A-Z]{3} was paid after discounts and credit notes\z")]
    private static partial Regex TakenBack();
}
