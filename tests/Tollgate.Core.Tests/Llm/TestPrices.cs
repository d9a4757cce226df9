using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Llm;

/// <summary>Prices and usages in the tests' notation.</summary>
internal static class TestPrices
{
    public static readonly Instant Start = At(2025, 1, 1);

    public static Instant At(int year, int month, int day) => Instant.FromUtc(new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc));

    public static Dictionary<LlmUnit, UnitPrice> Prices(params (LlmUnit Unit, string Price)[] prices) =>
        prices.ToDictionary(
            pair => pair.Unit, pair => UnitPrice.TryParse(pair.Price, out var price) ? price : throw new ArgumentException(pair.Price));

    public static ModelPrice Model(string provider, string model, params (LlmUnit Unit, string Price)[] prices) =>
        new() { Provider = provider, Model = model, ValidFrom = Start, Prices = Prices(prices), Source = "test" };

    /// <summary>A model that its input price identifies.</summary>
    public static ModelPrice Model(string provider, string model, string input) => Model(provider, model, (LlmUnit.Input, input));

    public static LlmUsage Used(params ReadOnlySpan<(LlmUnit Unit, Quantity Amount)> parts) => LlmUsage.Of(parts);

    public static Quantity Q(decimal amount) => Quantity.Of(amount);

    public static string? Input(this ModelPrice? price) => price?.Prices[LlmUnit.Input].ToString();
}
