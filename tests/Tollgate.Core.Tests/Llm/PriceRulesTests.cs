using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using static Tollgate.Core.Llm.LlmUnit;
using static Tollgate.Core.Tests.Llm.TestPrices;

namespace Tollgate.Core.Tests.Llm;

/// <summary>The cost of a call at a price, case by case.</summary>
public sealed class PriceRulesTests
{
    /// <summary>A million of a unit has the first price in its chain that the price list states.</summary>
    [Theory]
    [InlineData(Input, "input", "input")]
    [InlineData(CachedInput, "cached_input input", "cached_input")]
    [InlineData(CachedInput, "input output", "input")]
    [InlineData(CacheWrite, "cache_write input", "cache_write")]
    [InlineData(CacheWrite, "input", "input")]
    [InlineData(CacheWriteHour, "cache_write_1h cache_write input", "cache_write_1h")]
    [InlineData(CacheWriteHour, "cache_write input", "cache_write")]
    [InlineData(CacheWriteHour, "input", "input")]
    [InlineData(AudioInput, "audio_input input", "audio_input")]
    [InlineData(AudioInput, "input", "input")]
    [InlineData(CachedAudioInput, "cached_audio_input audio_input cached_input input", "cached_audio_input")]
    [InlineData(CachedAudioInput, "audio_input cached_input input", "audio_input")]
    [InlineData(CachedAudioInput, "cached_input input", "cached_input")]
    [InlineData(CachedAudioInput, "input", "input")]
    [InlineData(ImageInput, "image_input input", "image_input")]
    [InlineData(ImageInput, "input", "input")]
    [InlineData(CachedImageInput, "cached_image_input image_input cached_input input", "cached_image_input")]
    [InlineData(CachedImageInput, "image_input cached_input input", "image_input")]
    [InlineData(CachedImageInput, "cached_input input", "cached_input")]
    [InlineData(VideoInput, "video_input input", "video_input")]
    [InlineData(VideoInput, "input", "input")]
    [InlineData(Output, "output input", "output")]
    [InlineData(Reasoning, "reasoning output", "reasoning")]
    [InlineData(Reasoning, "output", "output")]
    [InlineData(AudioOutput, "audio_output output", "audio_output")]
    [InlineData(AudioOutput, "output", "output")]
    [InlineData(ImageOutput, "image_output output", "image_output")]
    [InlineData(ImageOutput, "output", "output")]
    public void A_unit_costs_what_the_first_of_its_chain_costs(LlmUnit unit, string stated, string charged)
    {
        var price = Model("p", "m", [.. stated.Split(' ').Select(word => (Unit(word), $"{(int)Unit(word) + 1}.5"))]);

        PriceRules.CostOf(Used((unit, Q(1_000_000))), price)!.Value.Dollars.ShouldBe((int)Unit(charged) + 1.5m);
    }

    [Theory]
    [InlineData(Input, "output")]
    [InlineData(CachedInput, "output cache_write")]
    [InlineData(CacheWrite, "cache_write_1h output")]
    [InlineData(CachedAudioInput, "output image_input")]
    [InlineData(Output, "input reasoning")]
    [InlineData(Reasoning, "input")]
    [InlineData(ImageOutput, "input image")]
    public void A_token_without_any_price_makes_the_cost_unknown_and_not_zero(LlmUnit unit, string stated)
    {
        var price = Model("p", "m", [.. stated.Split(' ').Select(word => (Unit(word), "1"))]);
        var other = Unit(stated.Split(' ')[0]);

        PriceRules.CostOf(Used((unit, Q(1))), price).ShouldBeNull();
        PriceRules.CostOf(Used((unit, Q(1)), (other, Q(1))), price).ShouldBeNull("what else was used does not make it known");
    }

    [Fact]
    public void Units_other_than_tokens_are_charged_each_in_addition_to_the_tokens()
    {
        var price = Model(
            "p", "m", (Input, "2"), (Request, "0.005"), (Search, "0.01"), (Image, "0.04"), (Page, "0.002"), (Second, "0.0001"));

        Cost(price, (Input, 500_000), (Request, 1), (Search, 3), (Image, 2), (Page, 7), (Second, 12.5m)).ShouldBe("1.13025");
    }

    [Theory]
    [InlineData("input", Image, null)]
    [InlineData("input", Request, "0")]
    [InlineData("search", Request, null)]
    [InlineData("image", Image, "1")]
    [InlineData("image", Second, null)]
    public void Units_without_a_price_make_the_cost_unknown_when_nothing_has_one(string stated, LlmUnit used, string? cost) =>
        Cost(Model("p", "m", (Unit(stated), "1")), (used, 1)).ShouldBe(cost);

    /// <summary>A provider's charge in addition to tokens never costs 0 because its price is missing.</summary>
    [Theory]
    [InlineData(Search, null)]
    [InlineData(Page, null)]
    [InlineData(Image, null)]
    [InlineData(Second, null)]
    [InlineData(Request, "2")]
    public void A_separately_charged_unit_without_a_price_makes_the_cost_unknown(LlmUnit unit, string? cost) =>
        Cost(Model("p", "m", (Input, "2")), (Input, 1_000_000), (unit, 1)).ShouldBe(cost);

    [Fact]
    public void Images_and_seconds_that_are_charged_by_tokens_are_not_charged_again()
    {
        Cost(Model("p", "m", (Input, "2"), (ImageOutput, "40")), (Input, 1_000_000), (ImageOutput, 1_000_000), (Image, 3)).ShouldBe("42");
        Cost(Model("p", "m", (AudioInput, "6")), (AudioInput, 1_000_000), (Second, 90)).ShouldBe("6");
        Cost(Model("p", "m", (Image, "0.04")), (Image, 1), (Request, 1)).ShouldBe("0.04");
    }

    [Fact]
    public void A_call_without_tokens_to_a_model_that_is_priced_by_tokens_costs_nothing()
    {
        var price = Model("p", "m", (Input, "2.5"), (Output, "10"));

        Cost(price, (Request, 1)).ShouldBe("0");
        Cost(price, (Request, 1), (Search, 1)).ShouldBeNull("the search has no price");
        PriceRules.LeastCostOf(Used((Request, Q(1))), null, null, 0).ShouldBeNull("the model has none");
    }

    [Fact]
    public void Tokens_of_a_model_that_is_priced_by_the_second_are_not_charged_again()
    {
        Cost(Model("p", "m", (Second, "0.00005")), (Second, 203), (Input, 4), (Output, 635), (Request, 1)).ShouldBe("0.01015");
        Cost(Model("p", "m", (Second, "0.00005")), (Second, 203), (AudioInput, 2600), (Output, 635)).ShouldBe("0.01015");
        Cost(Model("p", "m", (Second, "0.00005")), (Input, 4), (Output, 635)).ShouldBeNull("no seconds were counted");
        Cost(Model("p", "m", (Second, "0.00005"), (Output, "1")), (Second, 203), (Input, 4), (Output, 635))
            .ShouldBeNull("tokens have prices of their own here");
        Cost(Model("p", "m", (Second, "0.00005")), (Second, 203), (Output, 635), (Search, 1)).ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "12:00", 1_000, "3")]
    [InlineData("flex", "12:00", 1_000, "1.5")]
    [InlineData("priority", "12:00", 1_000, "5.25")]
    [InlineData("scale", "12:00", 1_000, "3")]
    [InlineData(null, "00:59", 1_000, "3")]
    [InlineData(null, "01:00", 1_000, "6")]
    [InlineData(null, "03:59", 1_000, "6")]
    [InlineData(null, "04:00", 1_000, "3")]
    [InlineData(null, "23:30", 1_000, "4")]
    [InlineData(null, "00:29", 1_000, "4")]
    [InlineData("flex", "01:30", 1_000, "1.5")]
    [InlineData(null, "12:00", 2_000_000, "12")]
    [InlineData("priority", "12:00", 2_000_000, "22.5")]
    [InlineData("flex", "12:00", 2_000_000, "11")]
    public void The_service_tier_and_the_hour_select_the_price(string? tier, string hour, int input, string cost)
    {
        // Input 1, output 2 a million: an hour of the day doubles both, flex halves both, priority costs 1.75 and 3.5.
        var price = Model("p", "m", (Input, "1"), (Output, "2")) with
        {
            Tiers = [new(1_500_000, Prices((Input, "5")))],
            Hours =
            [
                new(new(1, 0), new(4, 0), Prices((Input, "2"), (Output, "4"))),
                new(new(23, 0), new(0, 30), Prices((Input, "1"), (Output, "3"))),
            ],
            ByServiceTier = new Dictionary<string, ServiceTierPrice>
            {
                ["flex"] = new(Prices((Input, "0.5"), (Output, "1")), []),
                ["priority"] = new(Prices((Input, "1.75"), (Output, "3.5")), [new(1_500_000, Prices((Input, "9.5")))]),
            },
        };
        PriceRules.Validate(price).ShouldBeEmpty();
        var at = Instant.FromUtc(
            DateTime.SpecifyKind(
                new DateTime(2026, 11, 21) + TimeSpan.Parse(hour, System.Globalization.CultureInfo.InvariantCulture), DateTimeKind.Utc));
        var usage = input == 1_000
            ? Used((Input, Q(1_000_000)), (Output, Q(1_000_000)))
            : Used((Input, Q(2_000_000)), (Output, Q(1_000_000)));

        PriceRules.CostOf(usage, PriceRules.InForce(price, tier, at))?.ToString().ShouldBe(cost);
    }

    [Fact]
    public void Faulty_tiers_of_service_and_hours_are_all_named()
    {
        var price = Model("p", "m", (Input, "1")) with
        {
            Hours =
            [
                new(new(1, 0), new(1, 0), Prices((Input, "2"))), new(new(5, 0), new(8, 0), Prices((Input, "2"))),
                new(new(7, 0), new(9, 0), Prices()),
            ],
            ByServiceTier = new Dictionary<string, ServiceTierPrice>
            {
                ["batches"] = new(Prices((Input, "0.5")), []), ["standard"] = new(Prices((Input, "0.5")), []),
                ["flex"] = new(Prices(), [new(0, Prices((Input, "1")))]),
            },
        };

        PriceRules.Validate(price).Select(static fault => fault.Field).Order(StringComparer.Ordinal).ShouldBe(
            ["hours[0].to", "hours[2].from", "hours[2].prices", "service_tiers.batches", "service_tiers.flex.prices",
                "service_tiers.flex.tiers[0].above_tokens", "service_tiers.standard"]);
    }

    [Fact]
    public void Budgets_count_the_known_part_of_an_unknown_cost_and_the_fallback_for_the_rest()
    {
        var usage = Used((Input, Q(1_000_000)), (Search, Q(10)), (Request, Q(1)));
        var price = Model("p", "m", (Input, "2"));
        var fallback = Model("p", "*", (Input, "9"), (Search, "0.01"), (Request, "5"));

        PriceRules.CostOf(usage, price).ShouldBeNull();
        PriceRules.LeastCostOf(usage, price, null, 0)!.Value.Dollars.ShouldBe(2m);
        PriceRules.LeastCostOf(usage, price, fallback, 5_000)!.Value.Dollars.ShouldBe(3.15m, "with a markup of a half");
        PriceRules.LeastCostOf(usage, null, fallback, 0)!.Value.Dollars.ShouldBe(14.1m);
        PriceRules.LeastCostOf(usage, null, null, 0).ShouldBeNull();
    }

    [Fact]
    public void A_stated_zero_is_free_and_known()
    {
        Cost(Model("p", "m", (Input, "0"), (Output, "0")), (Input, 10), (Reasoning, 10)).ShouldBe("0");
        Cost(Model("p", "m", (CachedInput, "0"), (Input, "5")), (CachedInput, 1_000_000)).ShouldBe("0", "free, not the parent's price");
    }

    [Fact]
    public void Nothing_used_costs_nothing() => Cost(Model("p", "m", (Input, "5"))).ShouldBe("0");

    /// <summary>The prompt's length counts all input: 200,000 are 150,000 read, 40,000 cached, 10,000 of audio.</summary>
    [Theory]
    [InlineData(200_000, "0.75")]
    [InlineData(200_001, "1.500006")]
    public void A_tier_starts_above_its_threshold_and_holds_for_the_whole_call(int inputTokens, string cost)
    {
        var price = Model("p", "m", (Input, "3"), (Output, "15")) with
        {
            Tiers = [new(200_000, Prices((Input, "6"), (Output, "30")))],
        };

        Cost(price, (Input, inputTokens - 50_000), (CachedInput, 40_000), (AudioInput, 10_000), (Reasoning, 10_000)).ShouldBe(cost);
    }

    [Fact]
    public void The_highest_tier_that_is_reached_decides_in_any_order_and_the_rest_stays()
    {
        var price = Model("p", "m", (Input, "1"), (Output, "10"), (CachedInput, "0.5")) with
        {
            Tiers = [new(1000, Prices((Input, "4"))), new(100, Prices((Input, "2"), (Output, "20")))],
        };

        Cost(price, (Input, 100), (Output, 1)).ShouldBe("0.00011");
        Cost(price, (Input, 101), (Output, 1)).ShouldBe("0.000222");
        Cost(price, (Input, 1001), (Output, 1)).ShouldBe("0.004024", "the lower tier's output holds on");
        Cost(price, (CachedInput, 1001), (Output, 1)).ShouldBe("0.0005205", "no tier changes cached input");
    }

    [Theory]
    [InlineData("0.15", 3, 450)]
    [InlineData("0.0005", 1, 1)]
    [InlineData("0.000499999999", 1, 0)]
    [InlineData("0.0004", 2, 1)]
    [InlineData("0.0015", 1, 2)]
    [InlineData("0.0025", 1, 3)]
    public void Rounding_is_once_and_half_away_from_zero(string perMillion, int tokens, long nanoDollars) =>
        PriceRules.CostOf(Used((Input, Q(tokens))), Model("p", "m", perMillion)).ShouldBe(new NanoUsd(nanoDollars));

    [Fact]
    public void Parts_below_a_nano_dollar_add_up_before_they_are_rounded() =>
        PriceRules.CostOf(
            Used((Input, Q(1)), (Output, Q(1)), (Search, Q(1))),
            Model("p", "m", (Input, "0.0004"), (Output, "0.0004"), (Search, "0.0000000004")))
            .ShouldBe(new NanoUsd(1), "1.2, not three times 0");

    [Theory]
    [InlineData(0, 1_000_000)]
    [InlineData(2000, 1_200_000)]
    [InlineData(1, 1_000_100)]
    [InlineData(-2500, 750_000)]
    [InlineData(-10_000, 0)]
    public void A_markup_is_on_the_exact_sum(int basisPoints, long nanoDollars) =>
        PriceRules.CostOf(Used((Input, Q(1000))), Model("p", "m", "1"), basisPoints).ShouldBe(new NanoUsd(nanoDollars));

    [Fact]
    public void A_markup_is_applied_before_rounding() =>
        PriceRules.CostOf(Used((Input, Q(1))), Model("p", "m", "0.0004"), 5000)
            .ShouldBe(new NanoUsd(1), "0.4 and half of it, not 0 and half of it");

    [Fact]
    public void An_impossibly_large_cost_is_unknown_and_not_an_error()
    {
        Cost(Model("p", "m", (Input, "999999")), (Input, 999_999_999_999_999_999m)).ShouldBeNull();
        Cost(Model("p", "m", (Second, "999999")), (Second, 999_999_999_999_999_999m)).ShouldBeNull();
    }

    [Fact]
    public void A_sound_price_has_no_fault() =>
        PriceRules.Validate(
            Model("openai", "gpt-4o*", "2.5") with { Aliases = ["x"], ValidTo = At(2026, 1, 1), Tiers = [new(1, Prices((Input, "1")))] })
            .ShouldBeEmpty();

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var faults = PriceRules.Validate(new ModelPrice
        {
            Provider = "open*", Model = " gpt", Aliases = [""], Currency = Currency.Of("EUR"), ValidFrom = Start, ValidTo = Start,
            Source = "a\nb",
            Tiers = [new(0, Prices()), new(5, Prices((Image, "1"))), new(5, Prices((Input, "1")))],
        });

        faults.Select(fault => fault.Field).ShouldBe(
        [
            "provider", "model", "aliases", "currency", "valid_to", "source", "prices",
            "tiers[0].above_tokens", "tiers[0].prices", "tiers[1].prices.image", "tiers[2].above_tokens",
        ]);
    }

    [Fact]
    public void Too_many_aliases_and_tiers_are_faults() =>
        PriceRules.Validate(Model("p", "m", "1") with
        {
            Aliases = [.. Enumerable.Range(0, 101).Select(i => $"a{i}")],
            Tiers = [.. Enumerable.Range(1, 21).Select(i => new PriceTier(i, Prices((Input, "1"))))],
        }).Select(fault => fault.Field).ShouldBe(["aliases", "tiers"]);

    [Fact]
    public void Every_unit_has_one_word()
    {
        LlmWords.All.Distinct().Count().ShouldBe(Enum.GetValues<LlmUnit>().Length);
        LlmWords.All.ShouldAllBe(word => LlmWords.Of(Unit(word)) == word);
        LlmWords.TryParse("tokens", out _).ShouldBeFalse();
    }

    private static LlmUnit Unit(string word) => LlmWords.TryParse(word, out var unit) ? unit : throw new ArgumentException(word);

    private static string? Cost(ModelPrice price, params (LlmUnit Unit, decimal Amount)[] parts) =>
        PriceRules.CostOf(LlmUsage.Of([.. parts.Select(part => (part.Unit, Q(part.Amount)))]), price)?.ToString();
}
