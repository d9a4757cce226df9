using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Llm;

public sealed class UsageEstimateTests(ITestOutputHelper output)
{
    private static readonly LlmRoute Chat = LlmRoutes.Of("api.openai.com", "/v1/chat/completions");
    private static readonly LlmRoute Anthropic = LlmRoutes.Of("api.anthropic.com", "/v1/messages");

    private static readonly IReadOnlyList<(string Kind, string Text, JsonElement Counts)> Corpus =
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Llm", "token-counts.json"))).RootElement
            .GetProperty("texts").EnumerateArray()
            .Select(static each => (each.GetProperty("kind").GetString()!, each.GetProperty("text").GetString()!, each))];

    /// <summary>
    /// The bounds match the table of docs/concepts/llm-cost.md: for all texts of a kind together, and for the worst single one.
    /// </summary>
    [Theory]
    [InlineData("o200k", "english", 2, 10)]
    [InlineData("o200k", "chat", 5, 12)]
    [InlineData("o200k", "code", 3, 8)]
    [InlineData("o200k", "json", 3, 10)]
    public void Tokens_are_estimated_as_well_as_the_documentation_says(string vocabulary, string kind, int together, int worst)
    {
        var (all, single) = ErrorOf(vocabulary, kind);

        Math.Abs(all).ShouldBeLessThanOrEqualTo(together);
        single.ShouldBeLessThanOrEqualTo(worst);
    }

    [Fact]
    public void The_hold_for_a_text_is_hardly_ever_too_small()
    {
        foreach (var (kind, text, counts) in Corpus.Where(static each => each.Kind != "base64"))
        {
            var ask = new LlmRequest { Prompt = DeliveredText.OfPlain(Encoding.UTF8.GetBytes(text)), Messages = 1 };
            UsageEstimate.Before(Chat, ask with { Model = "gpt-4o" },
                0).InputTokens.Value.ShouldBeGreaterThanOrEqualTo(counts.GetProperty("o200k").GetInt64(), $"{kind}: {text}");
            UsageEstimate.Before(Chat, ask with { Model = "gpt-4" },
                0).InputTokens.Value.ShouldBeGreaterThanOrEqualTo(counts.GetProperty("cl100k").GetInt64(), $"{kind}: {text}");
            if (kind != "thai")
            {
                UsageEstimate.Before(Anthropic, ask with { Model = "claude-2" },
                    0).InputTokens.Value.ShouldBeGreaterThanOrEqualTo(counts.GetProperty("claude").GetInt64(), $"{kind}: {text}");
            }
        }
    }

    [Fact]
    public void The_measured_errors_are_printed_for_the_documentation()
    {
        foreach (var kind in Corpus.Select(static each => each.Kind).Distinct())
        {
            var (now, worstNow) = ErrorOf("o200k", kind);
            var (old, worstOld) = ErrorOf("cl100k", kind);
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture, $"| {kind} | {now:+0;-0;0} % | {worstNow:0} % | {old:+0;-0;0} % | {worstOld:0} % |"));
        }

        Corpus.Count.ShouldBeGreaterThan(100);
    }

    private static (decimal Together, decimal Worst) ErrorOf(string vocabulary, string kind)
    {
        var model = vocabulary == "o200k" ? "gpt-4o" : "gpt-4";
        var texts = Corpus.Where(each => each.Kind == kind)
            .Select(each =>
                (Truth: each.Counts.GetProperty(vocabulary).GetInt64(),
                    Guess: UsageEstimate.Tokens(DeliveredText.OfPlain(Encoding.UTF8.GetBytes(each.Text)), Chat, model)))
            .ToList();
        return (Percent(texts.Sum(static each => each.Guess), texts.Sum(static each => each.Truth)),
            texts.Max(static each => Math.Abs(Percent(each.Guess, each.Truth))));
    }

    private static decimal Percent(long guess, long truth) => ((decimal)guess / truth * 100) - 100;

    [Fact]
    public void Escaped_text_is_the_same_text()
    {
        const string text = "Größe: \"5\" €\n\tПривет 😀 \\ end";
        var escaped = JsonSerializer.Serialize(text);

        DeliveredText.OfJson(Encoding.UTF8.GetBytes(escaped[1..^1])).ShouldBe(DeliveredText.OfPlain(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Any_bytes_are_counted_without_an_exception()
    {
        var random = new Random(11);
        var bytes = new byte[64];
        for (var round = 0; round < 2_000; round++)
        {
            random.NextBytes(bytes);
            DeliveredText.OfPlain(bytes).MilliTokens.ShouldBeGreaterThanOrEqualTo(0);
            DeliveredText.OfJson(bytes.AsSpan(0, random.Next(64))).Characters.ShouldBeLessThanOrEqualTo(64);
        }
    }

    [Fact]
    public void Each_answer_is_reserved_for()
    {
        var usage = UsageEstimate.Before(Chat, new() { Model = "gpt-4o", Answers = 3, Messages = 1, Prompt = TextOf("Hello") }, 100);

        (usage[LlmUnit.Output].Value, usage[LlmUnit.Request].Value).ShouldBe((300m, 1m));
        usage[LlmUnit.Input].Value.ShouldBeInRange(8, 30);
    }

    [Theory]
    [InlineData("api.openai.com", "/v1/embeddings", "text-embedding-3-small", 0, 0, 0)]
    [InlineData("api.openai.com", "/v1/images/generations", "dall-e-3", 0, 2, 0)]
    [InlineData("api.stability.ai", "/v2beta/stable-image/generate/core", "core", 0, 2, 0)]
    [InlineData("api.tavily.com", "/search", null, 0, 0, 7)]
    [InlineData("api.openai.com", "/v1/models", null, 0, 0, 0)]
    public void A_call_is_reserved_in_the_units_in_which_it_is_counted(
        string host, string path, string? model, int output, int images, int searches)
    {
        var usage = UsageEstimate.Before(
            LlmRoutes.Of(host, path), new() { Model = model, Answers = 2, Pieces = 7, Prompt = TextOf("Hello") }, 100);

        (usage.OutputTokens.Value, usage[LlmUnit.Image].Value, usage[LlmUnit.Search].Value).ShouldBe((output, images, searches));
    }

    [Fact]
    public void Sound_is_reserved_by_the_second_for_models_that_are_billed_so()
    {
        var route = LlmRoutes.Of("api.openai.com", "/v1/audio/transcriptions");

        UsageEstimate.Before(route, new() { Model = "whisper-1", AudioMilliseconds = 12_500 }, 50)
            .ShouldBe(LlmUsage.Of((LlmUnit.Request, Quantity.One), (LlmUnit.Second, Quantity.Of(12.5m))));
        UsageEstimate.Before(
            route, new() { Model = "gpt-4o-transcribe", AudioMilliseconds = 10_000 }, 50)[LlmUnit.AudioInput].Value.ShouldBe(320);
    }

    [Fact]
    public void A_completely_reported_usage_is_kept()
    {
        var report = new UsageReport { IsReported = true, Usage = LlmUsage.Of((LlmUnit.Output, Quantity.Of(1))) };

        UsageEstimate.After(Chat, Asked(), TextOf(new string('x', 9_000)), report).ShouldBe(report.Usage);
    }

    [Fact]
    public void Without_any_report_both_sides_are_estimated()
    {
        var usage = UsageEstimate.After(Chat, Asked(), TextOf("Four words of answer."), UsageReport.Silent);

        usage[LlmUnit.Input].Value.ShouldBeInRange(10, 25);
        usage[LlmUnit.Output].Value.ShouldBeInRange(3, 7);
        usage[LlmUnit.Request].Value.ShouldBe(1);
    }

    [Fact]
    public void Without_the_request_the_input_is_left_out() =>
        UsageEstimate.After(Chat, null, TextOf("Hello there"), UsageReport.Silent).InputTokens.ShouldBe(Quantity.Zero);

    [Fact]
    public void A_broken_stream_keeps_its_input_and_gets_the_output_that_was_delivered()
    {
        var sample = UsageSample.Of("anthropic-messages-stream.sse");
        var cut = sample.Body.AsSpan(0, sample.Body.AsSpan().IndexOf("event: message_delta"u8));
        var stream = new UsageStream(Anthropic);
        stream.Feed(cut);
        var report = stream.Finish();
        report.IsPartial.ShouldBeTrue();

        var usage = UsageEstimate.After(Anthropic, Asked(), stream.Text + TextOf(new string('a', 400)), report);

        usage[LlmUnit.Input].ShouldBe(report.Usage[LlmUnit.Input]);
        usage[LlmUnit.CachedInput].ShouldBe(report.Usage[LlmUnit.CachedInput]);
        usage.OutputTokens.ShouldBeGreaterThan(report.Usage.OutputTokens);
    }

    [Fact]
    public void Nothing_is_ever_estimated_below_what_was_reported()
    {
        var report =
            new UsageReport
            {
                IsReported = true, IsPartial = true,
                Usage = LlmUsage.Of(
                    (LlmUnit.Input, Quantity.Of(70)), (LlmUnit.Output, Quantity.Of(500)), (LlmUnit.Reasoning, Quantity.Of(9)),
                    (LlmUnit.Request, Quantity.One)),
            };

        UsageEstimate.After(Chat, Asked(), TextOf("Hi"), report).ShouldBe(report.Usage);
    }

    private static LlmRequest Asked() => new() { Model = "gpt-4o", Messages = 1, Prompt = TextOf("What is the capital of Egypt?") };

    private static DeliveredText TextOf(string text) => DeliveredText.OfPlain(Encoding.UTF8.GetBytes(text));
}
