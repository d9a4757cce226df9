using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Llm;
using Tollgate.Testing;
using static Tollgate.Core.Llm.LlmUnit;

namespace Tollgate.Engine.Tests.Llm;

/// <summary>The prices that come with Tollgate are readable and sorted, and give the costs of a calculation by hand.</summary>
public sealed class PriceListTests
{
    private static readonly byte[] ModelsFile = File.ReadAllBytes(Path.Combine(ServerProcess.Root, "prices", "models.json"));

    private static readonly PriceReading Models = PriceFile.Read(ModelsFile);

    private static readonly PriceBook Book = PriceBook.Build(Models.Prices);

    private static readonly Instant Now = Day(2026, 11, 21);

    [Fact]
    public void The_shipped_list_has_no_faults()
    {
        Models.Faults.Select(fault => fault.Describe("prices/models.json")).ShouldBeEmpty();
        Models.Prices.Count.ShouldBeGreaterThan(2000);
        ModelsFile.Length.ShouldBeLessThan(PriceFile.LargestText);
    }

    [Fact]
    public void The_shipped_list_is_sorted_one_price_a_line()
    {
        var keys = Models.Prices.Select(price => (price.Provider, price.Model, price.ValidFrom)).ToList();

        keys.ShouldBe(keys.OrderBy(key => key.Provider, StringComparer.Ordinal).ThenBy(key => key.Model, StringComparer.Ordinal)
            .ThenBy(key => key.ValidFrom));
        ModelsFile.Count(letter => letter == '\n').ShouldBe(keys.Count + 2);
    }

    [Fact]
    public void Every_model_of_the_shipped_list_is_found_under_its_own_name_and_aliases()
    {
        foreach (var price in Models.Prices)
        {
            Book.Find(price.Provider, price.Model, price.ValidFrom).ShouldBeSameAs(price);
            foreach (var alias in price.Aliases.Where(alias => !alias.Contains('*', StringComparison.Ordinal)))
            {
                Book.Find(price.Provider, alias, price.ValidFrom).ShouldNotBeNull($"{price.Provider} {alias}");
            }
        }
    }

    [Fact]
    public void Prices_of_one_model_do_not_overlap_in_time()
    {
        foreach (var model in Models.Prices.GroupBy(price => (price.Provider, price.Model)).Where(group => group.Count() > 1))
        {
            var prices = model.OrderBy(price => price.ValidFrom).ToList();
            prices.Zip(prices.Skip(1)).ShouldAllBe(pair => pair.First.ValidTo == pair.Second.ValidFrom, model.Key.ToString());
        }
    }

    /// <summary>Amounts × list prices of August 2026, by hand, in millionths of a dollar: see the comment of each line.</summary>
    public static TheoryData<string?, string, (LlmUnit, decimal)[], string> Calls => new()
    {
        // 1000 × 2.5 + 200 × 1.25 + 500 × 10
        { "openai", "gpt-4o", [(Input, 1000), (CachedInput, 200), (Output, 500)], "0.00775" },
        // 1234 × 0.15 + 567 × 0.6
        { "openai", "gpt-4o-mini-2024-07-18", [(Input, 1234), (Output, 567)], "0.0005253" },
        // 1000 × 3 + 10000 × 0.3 + 2000 × 3.75 + 4000 × 6 + 300 × 15
        { "anthropic", "claude-sonnet-4-5-20250929",
            [(Input, 1000), (CachedInput, 10_000), (CacheWrite, 2000), (CacheWriteHour, 4000), (Output, 300)], "0.042" },
        // Above 200,000: 250000 × 0.6 + 100 × 7.5 + 10 × 12 + 1000 × 22.5
        { null, "claude-sonnet-4-5", [(CachedInput, 250_000), (CacheWrite, 100), (CacheWriteHour, 10), (Output, 1000)], "0.17337" },
        // 100 × 3, and 2 searches × $0.01
        { "anthropic", "claude-sonnet-4-5", [(Input, 100), (Search, 2)], "0.0203" },
        // At 200,000: 200000 × 1.25 + 1100 × 10
        { "gemini", "models/gemini-2.5-pro", [(Input, 200_000), (Reasoning, 1000), (Output, 100)], "0.261" },
        // Above: 200001 × 2.5 + 1100 × 15
        { "gemini", "models/gemini-2.5-pro", [(Input, 200_001), (Reasoning, 1000), (Output, 100)], "0.5165025" },
        // 50 × 0.3 + 1920 × 1 + 100 × 2.5
        { "google", "gemini-2.5-flash", [(Input, 50), (AudioInput, 1920), (Output, 100)], "0.002185" },
        // 754.2 s × $0.0001
        { "openai", "whisper-1", [(Second, 754.2m)], "0.07542" },
        // 2 images × $0.04
        { "openai", "dall-e-3", [(Image, 2)], "0.08" },
        // 50 × 5 + 300 × 10 + 1056 × 40
        { "openai", "gpt-image-1", [(Input, 50), (ImageInput, 300), (ImageOutput, 1056)], "0.04549" },
        // 20 × 4 + 1000 × 32 + 500 × 64
        { "openai", "gpt-realtime", [(Input, 20), (AudioInput, 1000), (AudioOutput, 500)], "0.06408" },
        // 8191 × 0.02
        { null, "text-embedding-3-small", [(Input, 8191)], "0.00016382" },
        // 1000 × 0.28 + 9000 × 0.028 + 500 × 0.42
        { "deepseek", "deepseek-chat", [(Input, 1000), (CachedInput, 9000), (Output, 500)], "0.000742" },
        // 1000 × 3.3: Bedrock's regional price
        { "bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", [(Input, 1000)], "0.0033" },
        // 3 searches × $0.008
        { "tavily", "search", [(Search, 3)], "0.024" },
        // 1 search × $0.005
        { "metaphor", "search", [(Search, 1)], "0.005" },
        // 1 unit of up to 100 documents × $0.002
        { "cohere", "rerank-v3.5", [(Search, 1)], "0.002" },
        // 10 pages × $0.004
        { "mistral", "mistral-ocr-latest", [(Page, 10)], "0.04" },
        // 1 image × $0.08
        { "stability", "ultra", [(Image, 1)], "0.08" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_costs_what_a_calculation_by_hand_gives(string? provider, string model, (LlmUnit, decimal)[] used, string cost) =>
        Cost(Book, provider, model, Now, used).ShouldBe(cost);

    [Theory]
    [InlineData("openai", "gpt-5", null, 12, "0.01125")]
    [InlineData("openai", "gpt-5", "flex", 12, "0.005625")]
    [InlineData("openai", "gpt-5", "priority", 12, "0.0225")]
    [InlineData("openai", "gpt-5", "batch", 12, "0.01125")]
    [InlineData("deepseek", "deepseek-v4-flash", null, 0, "0.00088")]
    [InlineData("deepseek", "deepseek-v4-flash", null, 1, "0.00176")]
    [InlineData("deepseek", "deepseek-v4-flash", null, 4, "0.00088")]
    [InlineData("deepseek", "deepseek-v4-flash", null, 9, "0.00176")]
    public void A_call_is_priced_by_its_service_tier_and_hour(string provider, string model, string? tier, int hour, string cost)
    {
        var at = Now.Plus(TimeSpan.FromHours(hour));
        var price = PriceRules.InForce(Book.Find(provider, model, at)!, tier, at);
        PriceRules.CostOf(LlmUsage.Of((Input, Quantity.Of(1000)), (Output, Quantity.Of(1000))), price)?.ToString().ShouldBe(cost);
    }

    [Theory]
    [InlineData("openai", "o3", 2025, 6, 9, "0.05")]
    [InlineData("openai", "o3", 2025, 6, 10, "0.01")]
    [InlineData("openai", "o3-2025-04-16", 2025, 6, 9, "0.05")]
    [InlineData("openai", "gpt-5.6-sol", 2026, 8, 20, "0.035")]
    [InlineData("openai", "gpt-5.6-sol", 2026, 8, 21, "0.024")]
    [InlineData("gemini", "gemini-3.6-flash", 2026, 12, 31, "0.0045")]
    [InlineData("gemini", "gemini-3.6-flash", 2027, 1, 1, "0.009")]
    public void A_call_is_priced_at_its_own_time(string provider, string model, int year, int month, int day, string cost) =>
        Cost(Book, provider, model, Day(year, month, day), (Input, 1000), (Output, 1000)).ShouldBe(cost);

    [Theory]
    [InlineData("openai", "gpt-4o-2024-11-20", "gpt-4o-2024-11-20")]
    [InlineData("openai", "gpt-4o-2031-01-01", "gpt-4o")]
    [InlineData("azure", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06")]
    [InlineData(null, "openai/gpt-4o", "gpt-4o")]
    [InlineData("anthropic", "claude-3-7-sonnet-latest", "claude-3-7-sonnet-latest")]
    [InlineData("anthropic", "claude-3-5-sonnet-20241022", "claude-3-5-sonnet")]
    [InlineData("vertex_ai", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929")]
    [InlineData("bedrock", "global.anthropic.claude-haiku-4-5-20251001-v1:0", "global.anthropic.claude-haiku-4-5-20251001-v1:0")]
    [InlineData("gemini", "models/gemini-2.0-flash-001", "gemini-2.0-flash-001")]
    [InlineData("mistral", "codestral-latest", "codestral-latest")]
    [InlineData("groq", "openai/gpt-oss-120b", "openai/gpt-oss-120b")]
    [InlineData(null, "groq/llama-3.3-70b-versatile", "llama-3.3-70b-versatile")]
    [InlineData("openrouter", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4.5")]
    [InlineData("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta-llama/Llama-3.3-70B-Instruct-Turbo")]
    [InlineData("xai", "grok-4-latest", "grok-4-latest")]
    [InlineData("openai", "a-model-of-tomorrow", null)]
    [InlineData(null, "a-model-of-tomorrow", null)]
    [InlineData("my-own-server", "gpt-4o", null)]
    public void A_real_name_finds_its_model(string? provider, string model, string? found) =>
        (Book.Find(provider, model, Now)?.Model).ShouldBe(found);

    [Fact]
    public void The_figures_of_the_seeds_win_over_the_list_for_their_projects()
    {
        var (seeds, faults) = PriceFile.ReadByProject(File.ReadAllBytes(Path.Combine(ServerProcess.Root, "prices", "seeds.json")));
        faults.Select(fault => fault.Describe("prices/seeds.json")).ShouldBeEmpty();
        var coach = Book.WithOverrides(seeds["career-coach"]);
        var writer = Book.WithOverrides(seeds["alwrity"]);

        Cost(coach, "openai", "gpt-4o", Now, (Input, 100), (Output, 50)).ShouldBe("0.00075");
        Cost(coach, "openai", "gpt-4-turbo", Now, (Input, 1000), (Output, 1000)).ShouldBe("0.04");
        Cost(coach, "anthropic", "claude-sonnet-4-5", Now, (Input, 1000)).ShouldBe("0.003", "the list holds for the rest");
        Cost(writer, "gemini", "gemini-2.5-flash", Now, (Input, 1_000_000), (Output, 1_000_000)).ShouldBe("0.5");
        Cost(writer, null, "Gemini 2.5 Pro", Now, (Input, 1_000_000), (Output, 1_000_000))
            .ShouldBe("11.25", "no tier of the list is mixed in");
        Cost(writer, "tavily", "search", Now, (Search, 1)).ShouldBe("0.001");
        Cost(writer, "serper", "search", Now, (Search, 1)).ShouldBe("0.001");
        Cost(writer, "metaphor", "search", Now, (Search, 1)).ShouldBe("0.003");
        Cost(writer, "firecrawl", "scrape", Now, (Page, 1)).ShouldBe("0.002");
        Cost(writer, "stability", "ultra", Now, (Image, 1)).ShouldBe("0.04");
        Cost(writer, "stability", "stable-image-ultra", Now, (Image, 1)).ShouldBe("0.04", "its pattern comes before the list's exact name");
    }

    private static string? Cost(PriceBook book, string? provider, string model, Instant at, params (LlmUnit Unit, decimal Amount)[] used)
    {
        var price = book.Find(provider, model, at).ShouldNotBeNull($"{provider} {model}");
        return PriceRules.CostOf(LlmUsage.Of([.. used.Select(part => (part.Unit, Quantity.Of(part.Amount)))]), price)?.ToString();
    }

    private static Instant Day(int year, int month, int day) => Instant.FromUtc(new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc));
}
