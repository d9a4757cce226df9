using Tollgate.Core.Llm;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Llm.TestPrices;

namespace Tollgate.Core.Tests.Llm;

/// <summary>Names in calls find a price. The tests tell prices apart by their input price.</summary>
public sealed class PriceBookTests
{
    private static readonly PriceBook Book = PriceBook.Build(
    [
        Model("openai", "gpt-4o", "2.5") with { Aliases = ["chatgpt-4o"] },
        Model("openai", "gpt-4o-2024-05-13", "5"),
        Model("openai", "gpt-4o-mini", "0.15"),
        Model("openai", "gpt-4o*", "77"),
        Model("openai", "gpt-*", "66"),
        Model("openai", "*-preview", "55"),
        Model("openai", "ft:gpt-4o-mini-2024-07-18", "0.3"),
        Model("azure", "gpt-4o", "2.6"),
        Model("azure", "gpt-35-turbo", "0.5"),
        Model("azure", "eu/gpt-4o-2024-08-06", "2.75"),
        Model("openrouter", "openai/gpt-4o", "2.7"),
        Model("openrouter", "meta-llama/llama-3.1-8b-instruct", "0.02"),
        Model("anthropic", "claude-sonnet-4-5", "3"),
        Model("vertex_ai", "claude-sonnet-4-5@20250929", "3.1"),
        Model("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "3.2"),
        Model("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3"),
        Model("bedrock", "amazon.nova-pro", "0.8"),
        Model("gemini", "gemini-2.5-pro", "1.25"),
        Model("gemini", "gemini-2.0-flash", "0.1"),
        Model("vertex_ai", "gemini-2.5-pro", "1.26"),
        Model("groq", "gpt-oss-120b", "0.15"),
        Model("groq", "openai/gpt-oss-20b", "0.07"),
        Model("together_ai", "gpt-oss-120b", "0.16"),
        Model("groq", "qwen3-32b", "0.29"),
        Model("fireworks_ai", "qwen3-32b", "0.29"),
        Model("exa", "search", "9"),
    ]);

    [Theory]
    // The name as written, in any case.
    [InlineData("openai", "gpt-4o", "2.5")]
    [InlineData("OpenAI", "GPT-4o", "2.5")]
    [InlineData("azure", "gpt-4o", "2.6")]
    [InlineData("azure", "eu/gpt-4o-2024-08-06", "2.75")]
    [InlineData("openrouter", "openai/gpt-4o", "2.7")]
    [InlineData("groq", "openai/gpt-oss-20b", "0.07")]
    // An alias, and a provider under another name.
    [InlineData("openai", "chatgpt-4o", "2.5")]
    [InlineData("google", "gemini-2.5-pro", "1.25")]
    [InlineData("azure_openai", "gpt-4o", "2.6")]
    [InlineData("metaphor", "search", "9")]
    // Without a prefix.
    [InlineData("openai", "openai/gpt-4o", "2.5")]
    [InlineData("azure", "azure/gpt-4o", "2.6")]
    [InlineData("openrouter", "openrouter/openai/gpt-4o", "2.7")]
    [InlineData("gemini", "models/gemini-2.5-pro", "1.25")]
    [InlineData("vertex_ai", "projects/p/locations/us/publishers/google/models/gemini-2.5-pro", "1.26")]
    [InlineData("openai", "ft:gpt-4o-mini-2024-07-18:acme::9abc", "0.3")]
    [InlineData("bedrock", "arn:aws:bedrock:us-east-1:12:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3")]
    // A dated name with its own price comes before the family; else the family.
    [InlineData("openai", "gpt-4o-2024-05-13", "5")]
    [InlineData("openai", "gpt-4o-2024-08-06", "2.5")]
    [InlineData("openai", "openai/gpt-4o-mini-2024-07-18", "0.15")]
    [InlineData("openai", "chatgpt-4o-latest", "2.5")]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", "3")]
    [InlineData("anthropic", "claude-sonnet-4-5@20250929", "3")]
    [InlineData("anthropic", "claude-sonnet-4-5-latest", "3")]
    [InlineData("gemini", "models/gemini-2.0-flash-001", "0.1")]
    [InlineData("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.2")]
    [InlineData("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3")]
    [InlineData("bedrock", "us.amazon.nova-pro-v1:0", "0.8")]
    // Patterns: the longest literal part first.
    [InlineData("openai", "gpt-4o-audio-7", "77")]
    [InlineData("openai", "openai/gpt-4o-audio-7", "77")]
    [InlineData("openai", "gpt-6", "66")]
    [InlineData("openai", "gpt-6-preview", "55")]
    // Nothing.
    [InlineData("openai", "o9", null)]
    [InlineData("anthropic", "gpt-4o", null)]
    [InlineData("azure", "gpt-4o-audio-7", null)]
    [InlineData("my-own-server", "gpt-4o", null)]
    [InlineData("my-own-server", "openai/gpt-4o", null)]
    [InlineData("openai", "", null)]
    public void A_name_at_a_provider_finds_its_price(string provider, string model, string? input) =>
        Book.Find(provider, model, Start).Input().ShouldBe(input);

    [Theory]
    // Makers before resellers.
    [InlineData("gpt-4o", "2.5")]
    [InlineData("gpt-4o-2024-11-20", "2.5")]
    [InlineData("gemini-2.5-pro", "1.25")]
    [InlineData("claude-sonnet-4-5-20250929", "3")]
    // A name that only one provider has.
    [InlineData("gpt-35-turbo", "0.5")]
    [InlineData("claude-sonnet-4-5@20250929", "3.1")]
    [InlineData("anthropic.claude-sonnet-4-5-20250929-v1:0", "3.2")]
    [InlineData("meta-llama/llama-3.1-8b-instruct", "0.02")]
    // A provider in the name.
    [InlineData("openai/gpt-4o", "2.5")]
    [InlineData("azure/gpt-4o", "2.6")]
    [InlineData("openrouter/openai/gpt-4o", "2.7")]
    [InlineData("together/gpt-oss-120b", "0.16")]
    [InlineData("azure/gpt-4o-mini", null)]
    [InlineData("azure/gpt-6", null)]
    // Equal rank: equal prices are unambiguous, different ones are not.
    [InlineData("qwen3-32b", "0.29")]
    [InlineData("gpt-oss-120b", null)]
    [InlineData("gpt-5-preview", "55")]
    [InlineData("who-knows", null)]
    public void A_name_alone_finds_a_price_when_it_is_clear(string model, string? input)
    {
        Book.Find(null, model, Start).Input().ShouldBe(input);
        Book.Find("", model, Start).Input().ShouldBe(input);
        Book.Find(null, model, Start).Input().ShouldBe(input, "also when it is remembered");
    }

    [Fact]
    public void A_price_holds_from_its_start_until_just_before_its_end()
    {
        var book = PriceBook.Build(
        [
            Model("openai", "o3", "10") with { ValidFrom = At(2025, 1, 1), ValidTo = At(2025, 6, 10) },
            Model("openai", "o3", "2") with { ValidFrom = At(2025, 6, 10) },
            Model("openai", "o3", "1") with { ValidFrom = At(2026, 1, 1), ValidTo = At(2026, 2, 1) },
        ]);

        Then(At(2025, 1, 1).Minus(TimeSpan.FromMicroseconds(1))).ShouldBeNull("before the first start");
        Then(At(2025, 1, 1)).ShouldBe("10");
        Then(At(2025, 6, 10).Minus(TimeSpan.FromMicroseconds(1))).ShouldBe("10");
        Then(At(2025, 6, 10)).ShouldBe("2");
        Then(At(2026, 1, 1)).ShouldBe("1", "the newest start wins");
        Then(At(2026, 2, 1)).ShouldBe("2", "and when it has ended, the one before holds on");

        string? Then(Instant at) => book.Find("openai", "o3", at).Input();
    }

    [Fact]
    public void A_price_that_starts_tomorrow_does_not_hide_what_holds_today()
    {
        var book = PriceBook.Build([Model("openai", "gpt-*", "1"), Model("openai", "gpt-7", "9") with { ValidFrom = At(2026, 1, 1) }]);

        book.Find("openai", "gpt-7", At(2025, 12, 31)).Input().ShouldBe("1");
        book.Find("openai", "gpt-7", At(2026, 1, 1)).Input().ShouldBe("9");
    }

    [Fact]
    public void A_project_has_its_own_prices_in_front()
    {
        var own = Book.WithOverrides(
        [
            Model("openai", "gpt-4o", "2") with { ValidFrom = At(2025, 7, 1) },
            Model("openai", "*", "100"),
            Model("acme", "house-model", "4"),
        ]);

        own.Find("openai", "gpt-4o", At(2025, 7, 1)).Input().ShouldBe("2");
        own.Find("openai", "gpt-4o-2024-05-13", At(2025, 7, 1)).Input().ShouldBe("2", "also for a dated name that the shared list knows");
        own.Find("openai", "gpt-4o", At(2025, 6, 30)).Input().ShouldBe("2.5", "before it starts the shared one holds");
        own.Find("openai", "gpt-4o-mini", Start).Input().ShouldBe("0.15");
        own.Find("openai", "gpt-6", Start).Input().ShouldBe("66", "after the shared list's patterns too");
        own.Find("openai", "o9", Start).ShouldBeNull("a bare * prices nothing");
        own.FindFallback("OpenAI", Start).Input().ShouldBe("100");
        own.FindFallback(null, Start).Input().ShouldBe("100", "there is only one");
        own.FindFallback("anthropic", Start).ShouldBeNull("only for its provider");
        Book.FindFallback("openai", Start).ShouldBeNull();
        own.Find(null, "house-model", Start).Input().ShouldBe("4");
        own.Find("acme", "house-model-2025-01-01", Start).Input().ShouldBe("4");
        Book.Find("openai", "gpt-4o", At(2025, 7, 1)).Input().ShouldBe("2.5", "the shared book is as it was");
    }

    [Fact]
    public void No_prices_of_ones_own_are_no_new_book() => Book.WithOverrides([]).ShouldBeSameAs(Book);

    [Fact]
    public void Names_that_nobody_has_do_not_fill_the_memory_and_change_no_answer()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Book.Find(null, $"made-up-{i}", Start).ShouldBeNull();
        }

        Book.Find(null, new string('x', 1_000_000), Start).ShouldBeNull();
        Book.Find(null, "gpt-4o", Start).Input().ShouldBe("2.5");
        Book.Remembered.ShouldBeLessThanOrEqualTo(PriceBook.MostRemembered);
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("a*c", "abbc", true)]
    [InlineData("a*c", "ac", true)]
    [InlineData("a*c", "acb", false)]
    [InlineData("*a*b*", "xxAyyBzz", true)]
    [InlineData("*ab", "aab", true)]
    [InlineData("gpt", "gpt4", false)]
    [InlineData("g.t", "gpt", false)]
    public void A_star_stands_for_any_text(string pattern, string name, bool matches) =>
        ModelNames.Matches(pattern, name).ShouldBe(matches);
}
