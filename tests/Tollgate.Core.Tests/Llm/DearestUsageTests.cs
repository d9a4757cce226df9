using System.Text;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using static Tollgate.Core.Llm.LlmUnit;
using static Tollgate.Core.Tests.Llm.TestPrices;

namespace Tollgate.Core.Tests.Llm;

/// <summary>The price basis of a hold: the most expensive units that a request can cause.</summary>
public sealed class DearestUsageTests
{
    private static readonly LlmRoute Gemini = LlmRoutes.OfProvider("gemini", "/v1beta/models/draws:generateContent");
    private static readonly LlmRoute OpenAi = LlmRoutes.OfProvider("openai", "/v1/chat/completions");
    private static readonly LlmRoute Anthropic = LlmRoutes.OfProvider("anthropic", "/v1/messages");

    private static LlmUnit OutputOf(LlmRoute route, string body, params (LlmUnit, string)[] prices) =>
        Of(route, body, (Output, 1_000), prices);

    private static LlmUnit Of(LlmRoute route, string body, (LlmUnit Unit, decimal Amount) part, params (LlmUnit, string)[] prices)
    {
        var ask = RequestReader.Read(route, Encoding.UTF8.GetBytes(body), "application/json").ShouldNotBeNull();
        var held = DearestUsage.Of(Used((part.Unit, Q(part.Amount))), route, ask, Model("p", "m", prices)).Parts.ShouldHaveSingleItem();
        held.Amount.Value.ShouldBe(part.Amount);
        return held.Unit;
    }

    [Theory]
    [InlineData("{}", ImageOutput)]
    [InlineData("""{"generationConfig":{"responseModalities":["TEXT","IMAGE"]}}""", ImageOutput)]
    [InlineData("""{"generationConfig":{"responseModalities":["TEXT"]}}""", Output)]
    [InlineData("""{"generationConfig":{"responseModalities":["AUDIO"]}}""", AudioOutput)]
    [InlineData("""{"modalities":["text"]}""", ImageOutput)]
    public void Gemini_draws_unless_it_is_told_what_to_answer(string body, LlmUnit unit) =>
        OutputOf(Gemini, body, (Output, "2.5"), (AudioOutput, "12"), (ImageOutput, "30")).ShouldBe(unit);

    [Theory]
    [InlineData("{}", Output)]
    [InlineData("""{"modalities":["text","audio"]}""", AudioOutput)]
    [InlineData("""{"modalities":["something new"]}""", AudioOutput)]
    [InlineData("""{"generationConfig":{"responseModalities":["AUDIO"]}}""", Output)]
    public void OpenAi_speaks_when_it_is_asked_to(string body, LlmUnit unit) =>
        OutputOf(OpenAi, body, (Output, "10"), (AudioOutput, "80")).ShouldBe(unit);

    [Fact]
    public void Thought_may_come_in_any_answer() => OutputOf(OpenAi, "{}", (Output, "2"), (Reasoning, "3")).ShouldBe(Reasoning);

    [Theory]
    [InlineData("""{"messages":[{"content":"Hi"}]}""", Input)]
    [InlineData(
        """{"messages":[{"content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}""", CacheWriteHour)]
    [InlineData("""{"tools":[{"name":"f","cache_control":{"type":"ephemeral"}}]}""", CacheWriteHour)]
    [InlineData("""{"cache_control":{"type":"ephemeral"}}""", CacheWriteHour)]
    public void A_prompt_with_cache_control_is_held_as_a_cache_write_for_an_hour(string body, LlmUnit unit)
    {
        (LlmUnit, string)[] prices = [(Input, "3"), (CacheWrite, "3.75"), (CacheWriteHour, "6"), (CachedInput, "0.3")];

        Of(Anthropic, body, (Input, 500), prices).ShouldBe(unit);
        Of(Anthropic, body, (ImageInput, 500), prices).ShouldBe(unit == Input ? ImageInput : unit);
    }

    [Fact]
    public void Providers_that_always_charge_cache_writes_are_held_that_way() =>
        Of(OpenAi, "{}", (Input, 500), (Input, "5"), (CacheWrite, "6.25")).ShouldBe(CacheWrite);

    [Fact]
    public void A_price_that_states_nothing_of_its_own_changes_nothing()
    {
        OutputOf(Gemini, "{}", (Input, "1"), (Output, "2")).ShouldBe(Output);
        Of(Gemini, "{}", (Second, 3), (Second, "1")).ShouldBe(Second);
    }
}
