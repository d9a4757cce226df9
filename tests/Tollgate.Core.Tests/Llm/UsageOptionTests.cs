using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Llm;

/// <summary>The gateway requests usage with a stream in the caller's place, and removes it from the answer.</summary>
public sealed class UsageOptionTests
{
    [Theory]
    [InlineData("""{"model":"m","stream":true}""", """{"stream_options":{"include_usage":true},"model":"m","stream":true}""")]
    [InlineData("{}", """{"stream_options":{"include_usage":true}}""")]
    [InlineData(" { } ", """ {"stream_options":{"include_usage":true} } """)]
    [InlineData("""{"stream_options":null,"stream":true}""", """{"stream_options":{"include_usage":true},"stream":true}""")]
    [InlineData("""{"stream_options":{}}""", """{"stream_options":{"include_usage":true}}""")]
    [InlineData(
        """{"stream_options":{"include_obfuscation":false}}""",
        """{"stream_options":{"include_usage":true,"include_obfuscation":false}}""")]
    [InlineData("""{"stream_options": { "include_usage" : false , "x":1}}""", """{"stream_options": { "include_usage" : true , "x":1}}""")]
    [InlineData(
        """{"messages":[{"stream_options":{"include_usage":true}}]}""",
        """{"stream_options":{"include_usage":true},"messages":[{"stream_options":{"include_usage":true}}]}""")]
    [InlineData("""{"stream_options":{"include_usage":true}}""", null)]
    [InlineData("""{"stream_options":7}""", """{"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream_options":[1,{"a":2}],"stream":true}""", """{"stream_options":{"include_usage":true},"stream":true}""")]
    [InlineData("""{"stream_options":{"include_usage":null}}""", """{"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream_options":{"include_usage":"no","x":1}}""", """{"stream_options":{"include_usage":true,"x":1}}""")]
    [InlineData(
        """{"stream":true,/* why */"model":"m",}""", """{"stream_options":{"include_usage":true},"stream":true,/* why */"model":"m",}""")]
    [InlineData("\uFEFF{\"stream_options\":null}", "\uFEFF{\"stream_options\":{\"include_usage\":true}}")]
    [InlineData("[]", null)]
    [InlineData("{", null)]
    [InlineData("no JSON", null)]
    public void The_option_is_set_and_nothing_else_is_changed(string body, string? asked)
    {
        var made = UsageOption.AddTo(Encoding.UTF8.GetBytes(body));
        (made is null ? null : Encoding.UTF8.GetString(made)).ShouldBe(asked);
    }

    [Fact]
    public void A_provider_that_always_reports_usage_is_not_asked_for_it()
    {
        UsageOption.IsNeeded(LlmRoutes.OfProvider("openai", "/v1/chat/completions")).ShouldBeTrue();
        UsageOption.IsNeeded(LlmRoutes.OfProvider("vllm.internal", "/v1/chat/completions")).ShouldBeTrue();
        UsageOption.IsNeeded(LlmRoutes.OfProvider("mistral", "/v1/chat/completions")).ShouldBeFalse();
        UsageOption.IsNeeded(LlmRoutes.OfProvider("anthropic", "/v1/messages")).ShouldBeFalse();
        UsageOption.IsNeeded(LlmRoutes.OfProvider("openai", "/v1/responses")).ShouldBeFalse();
    }

    private const string Asked =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}],\"usage\":null}\n\n"
        + ": keep-alive\n\n"
        + "data: {\"usage\": null , \"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}]}\r\n\r\n"
        + "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n"
        + "data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}\n\n"
        + "data: {\"id\":\"x\",\"choices\": [ ],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"
        + "data: [DONE]\n\n";

    private const string Unasked =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"
        + ": keep-alive\n\n"
        + "data: { \"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}]}\r\n\r\n"
        + "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n"
        + "data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}\n\n"
        + "data: [DONE]\n\n";

    private static string Filtered(IEnumerable<byte[]> chunks)
    {
        var (filter, output) = (new UsageChunkFilter(hidesUsage: true), new ArrayBufferWriter<byte>());
        foreach (var chunk in chunks)
        {
            filter.Feed(chunk, output);
        }

        filter.Finish(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    [Fact]
    public void A_usage_chunk_that_the_gateway_requested_is_removed() =>
        Filtered([Encoding.UTF8.GetBytes(Asked)]).ShouldBe(Unasked);

    [Fact]
    public void However_the_stream_is_cut_the_same_comes_out() => Prop.ForAll<int[]>(sizes =>
    {
        var bytes = Encoding.UTF8.GetBytes(Asked);
        var chunks = new List<byte[]>();
        var at = 0;
        foreach (var size in sizes.Select(size => Math.Abs(size % 40) + 1).Append(int.MaxValue))
        {
            var take = Math.Min(size, bytes.Length - at);
            chunks.Add(bytes[at..(at + take)]);
            at += take;
        }

        return Filtered(chunks) == Unasked;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Byte_by_byte_the_same_comes_out() =>
        Filtered(Encoding.UTF8.GetBytes(Asked).Select(one => new[] { one })).ShouldBe(Unasked);

    [Theory]
    [InlineData("data: {\"usage\":null")]
    [InlineData("data: {\"usage\":nul}\n\n")]
    [InlineData("data: \"usage\"\n\n")]
    [InlineData("data: {\"usage\":{\n\n")]
    [InlineData("\n\n\n\n")]
    public void Other_events_pass_unchanged(string text) => Filtered([Encoding.UTF8.GetBytes(text)]).ShouldBe(text);

    [Fact]
    public void A_caller_that_requests_usage_gets_every_byte_in_whole_events()
    {
        var (filter, output) = (new UsageChunkFilter(hidesUsage: false), new ArrayBufferWriter<byte>());
        foreach (var one in Encoding.UTF8.GetBytes(Asked + "data: cut"))
        {
            filter.Feed([one], output);
        }

        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe(Asked);
    }

    [Fact]
    public void A_whole_event_is_not_waited_for()
    {
        var (filter, output) = (new UsageChunkFilter(hidesUsage: true), new ArrayBufferWriter<byte>());
        filter.Feed("data: {\"a\":1}\n\ndata: {\"b\""u8, output);
        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe("data: {\"a\":1}\n\n");
    }

    [Fact]
    public void An_event_without_end_passes_when_it_is_too_large_to_be_kept()
    {
        var large = new byte[2 * 1024 * 1024];
        Array.Fill(large, (byte)'x');
        Filtered(large.Chunk(100_000).ToList()).Length.ShouldBe(large.Length);
    }

    /// <summary>Lines without a blank one between: each further byte would cost 500,000 steps, and all of them half an hour.</summary>
    [Fact]
    public void An_event_that_comes_byte_by_byte_is_not_searched_again_for_each()
    {
        var (filter, output) = (new UsageChunkFilter(hidesUsage: false), new ArrayBufferWriter<byte>());
        filter.Feed(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a\n", 500_000))), output);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20_000; i++)
        {
            filter.Feed("a\n"u8.Slice(i % 2, 1), output);
        }

        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        output.WrittenCount.ShouldBe(0);
        filter.Feed("\n"u8, output);
        output.WrittenCount.ShouldBe(1_020_001);
    }

    [Fact]
    public void Without_memory_what_is_kept_and_all_behind_it_passes()
    {
        var (filter, output) = (new UsageChunkFilter(hidesUsage: true), new ArrayBufferWriter<byte>());
        filter.Feed("data: {\"a\":1}\n\ndata: {\"usage\""u8, output);
        filter.GiveUp(output);
        filter.Feed(":null}\n\n"u8, output);
        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe("data: {\"a\":1}\n\ndata: {\"usage\":null}\n\n");
        filter.Held.ShouldBe(0);
    }

    [Fact]
    public void The_members_that_stay_are_still_JSON()
    {
        foreach (var line in Filtered([Encoding.UTF8.GetBytes(Asked)]).Split('\n')
            .Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            Should.NotThrow(() => JsonNode.Parse(line["data: ".Length..]));
        }

    }
}
