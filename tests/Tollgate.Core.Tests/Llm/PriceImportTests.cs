using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Llm;

public sealed class PriceImportTests
{
    private static readonly Instant Start = At(2020), Now = At(2026);

    [Fact]
    public void A_price_that_changes_begins_now_and_not_in_the_past()
    {
        var change = Plan([Price("a", "1", Start)], [Price("a", "2", Start)]);

        (change.Kind, change.Price.ValidFrom,
            change.Before!.Prices[LlmUnit.Input].ToString()).ShouldBe((PriceChangeKind.Changed, Now, "1"));
        var (unit, before, now) = change.Units.ShouldHaveSingleItem();
        (unit, before?.ToString(), now?.ToString()).ShouldBe((LlmUnit.Input, "1", "2"));
    }

    [Fact]
    public void An_imported_list_is_unchanged_the_next_time()
    {
        var first = Plan([Price("a", "1", Start)], [Price("a", "2", Start)]);

        Plan([Price("a", "1", Start), first.Price], [Price("a", "2", Start)]).Kind.ShouldBe(PriceChangeKind.Unchanged);
    }

    [Fact]
    public void A_price_that_begins_later_than_the_one_in_force_keeps_its_own_beginning() =>
        Plan([Price("a", "1", Start)], [Price("a", "2", At(2025))]).Price.ValidFrom.ShouldBe(At(2025));

    [Fact]
    public void A_model_that_the_book_does_not_have_is_new_in_whatever_letters()
    {
        Plan([Price("a", "1", Start)], [Price("b", "2", Start)]).ShouldSatisfyAllConditions(
            change => change.Kind.ShouldBe(PriceChangeKind.New), change => change.Price.ValidFrom.ShouldBe(Start));
        Plan([Price("A", "1", Start)], [Price("a", "1", Start)]).Kind.ShouldBe(PriceChangeKind.Unchanged);
    }

    [Fact]
    public void Another_price_of_the_past_is_left()
    {
        ModelPrice[] book = [Price("a", "1", Start), Price("a", "2", At(2024))];

        var changes = PriceImport.Plan(book, [Price("a", "9", Start), Price("a", "2", At(2024))], Now);

        changes.Select(change => (change.Kind, change.IsAdded))
            .ShouldBe([(PriceChangeKind.Left, false), (PriceChangeKind.Unchanged, false)]);
    }

    [Fact]
    public void A_price_of_the_future_is_added_and_may_be_corrected_until_it_begins()
    {
        var future = Price("a", "3", At(2027));

        Plan([Price("a", "1", Start)], [future]).Kind.ShouldBe(PriceChangeKind.New);
        var corrected = Plan([Price("a", "1", Start), Price("a", "2", At(2027))], [future]);
        (corrected.Kind, corrected.Price.ValidFrom).ShouldBe((PriceChangeKind.Changed, At(2027)));
    }

    [Fact]
    public void Another_name_of_a_model_is_added_without_pricing_anything_anew()
    {
        var change = Plan([Price("a", "1", Start)], [Price("a", "1", Start) with { Aliases = ["b"] }]);

        (change.Kind, change.Price.ValidFrom, change.Units.Count).ShouldBe((PriceChangeKind.Changed, Start, 0));
    }

    private static PriceChange Plan(IReadOnlyList<ModelPrice> book, IReadOnlyList<ModelPrice> list) =>
        PriceImport.Plan(book, list, Now).ShouldHaveSingleItem();

    private static Instant At(int year) => Instant.FromUtc(new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    private static ModelPrice Price(string model, string input, Instant from)
    {
        UnitPrice.TryParse(input, out var price).ShouldBeTrue();
        return new()
        {
            Provider = "p", Model = model, ValidFrom = from, Source = "test",
            Prices = new Dictionary<LlmUnit, UnitPrice> { [LlmUnit.Input] = price },
        };
    }
}
