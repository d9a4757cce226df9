using System.Buffers.Binary;
using System.Text;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Llm;

/// <summary>Streams: however the network cuts them, the report is the same; however they end, there is one.</summary>
public sealed class UsageStreamTests
{
    private static readonly LlmRoute Chat = LlmRoutes.Of("api.openai.com", "/v1/chat/completions");
    private static readonly LlmRoute Anthropic = LlmRoutes.Of("api.anthropic.com", "/v1/messages");

    public static TheoryData<string> Streams => [.. UsageSample.Streams.Select(static sample => sample.File)];

    public static TheoryData<string> Everything => [.. UsageSample.All.Select(static sample => sample.File)];

    [Theory]
    [MemberData(nameof(Everything))]
    public void However_an_answer_is_cut_the_report_is_that_of_the_whole(string file)
    {
        var sample = UsageSample.Of(file);
        var whole = Fed(sample.Route, sample.Body);
        if (sample.Status == 200)
        {
            UsageReaderTests.ShouldBeAsExpected(sample, whole.Finish());
        }

        SameAs(whole, Fed(sample.Route, sample.Body, static () => 1));
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            SameAs(whole, Fed(sample.Route, sample.Body, () => random.Next(0, 40)));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void An_event_that_was_dropped_is_skipped_and_the_next_ones_are_read(string file)
    {
        var sample = UsageSample.Of(file);
        if (file == "bedrock-invoke-stream-last-chunk.decoded.json")
        {
            return; // One event: no other follows it.
        }

        var (whole, stream) = (Fed(sample.Route, sample.Body), new UsageStream(sample.Route));
        stream.Feed(sample.Body.AsSpan(0, 20));
        stream.Drop();
        stream.Feed(sample.Body.AsSpan(20));
        stream.Text.Characters.ShouldBeLessThanOrEqualTo(whole.Text.Characters);
        stream.HasEnded.ShouldBe(whole.HasEnded);
    }

    [Fact]
    public void The_memory_of_an_event_is_known_and_given_back_when_it_is_dropped()
    {
        foreach (var start in (string[])["data: ", "{\"a\":\""])
        {
            var stream = new UsageStream(Chat);
            stream.Feed(Encoding.UTF8.GetBytes(start + new string('x', 1_000_000)));
            stream.Held.ShouldBeGreaterThan(1_000_000);
            stream.Drop();
            stream.Held.ShouldBeLessThan(100_000);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void The_shape_shows_in_the_stream_itself(string file)
    {
        var sample = UsageSample.Of(file);
        UsageReaderTests.ShouldBeAsExpected(sample, Fed(LlmRoutes.OfAnswer(sample.Provider, null), sample.Body).Finish());
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_cut_at_any_byte_never_throws_and_never_reports_more_than_the_whole(string file)
    {
        var sample = UsageSample.Of(file);
        var whole = Fed(sample.Route, sample.Body);
        var all = whole.Finish().Usage;
        for (var length = 0; length < sample.Body.Length; length++)
        {
            var part = Fed(sample.Route, sample.Body.AsSpan(0, length).ToArray());
            var usage = part.Finish().Usage;
            usage.InputTokens.ShouldBeLessThanOrEqualTo(all.InputTokens);
            usage.OutputTokens.ShouldBeLessThanOrEqualTo(all.OutputTokens);
            usage[LlmUnit.Request].ShouldBeLessThanOrEqualTo(all[LlmUnit.Request]);
            part.Text.Characters.ShouldBeLessThanOrEqualTo(whole.Text.Characters);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_with_its_lines_ended_the_other_way_is_the_same(string file)
    {
        if (!file.EndsWith(".sse", StringComparison.Ordinal))
        {
            return;
        }

        var sample = UsageSample.Of(file);
        var whole = Fed(sample.Route, sample.Body);
        var plain = Encoding.UTF8.GetString(sample.Body).ReplaceLineEndings("\n");
        foreach (var body in new[]
        {
            plain, plain.ReplaceLineEndings("\r\n"), plain.ReplaceLineEndings("\r"),
            plain.Replace("data: ", "data:", StringComparison.Ordinal), "\uFEFF" + plain,
            ": a comment\n" + plain.Replace("\n\n", "\n\n: keep-alive\nretry: 10\nid: 1\n\n", StringComparison.Ordinal),
            plain.Replace(",\"", "\ndata: ,\"", StringComparison.Ordinal),
            plain.Replace(",\"", "\ndata: ,\"", StringComparison.Ordinal).ReplaceLineEndings("\r\n"), plain.TrimEnd('\n'),
        })
        {
            foreach (var step in new[] { 1, 7, body.Length })
            {
                SameAs(whole, Fed(sample.Route, Encoding.UTF8.GetBytes(body), () => step));
            }
        }
    }

    [Theory]
    [InlineData("openai-chat-stream-include-usage.sse", 5, true)]
    [InlineData("openai-chat-stream-no-usage.sse", 5, true)]
    [InlineData("azure-openai-chat-stream.sse", 3, true)]
    [InlineData("openai-responses-stream.sse", 5, true)]
    [InlineData("anthropic-messages-stream.sse", 5, true)]
    [InlineData("anthropic-messages-stream-old-delta.sse", 2, true)]
    [InlineData("anthropic-messages-stream-error.sse", 3, false)]
    [InlineData("gemini-stream-generate-content.sse", 12, true)]
    [InlineData("gemini-stream-generate-content-array.json", 6, true)]
    [InlineData("mistral-chat-stream.sse", 8, true)]
    [InlineData("cohere-v2-chat-stream.sse", 3, true)]
    [InlineData("deepseek-chat-stream.sse", 5, true)]
    [InlineData("groq-chat-stream.sse", 3, true)]
    [InlineData("openrouter-chat-stream.sse", 3, true)]
    [InlineData("bedrock-converse-stream.bin", 3, true)]
    [InlineData("bedrock-converse-stream.decoded.jsonl", 3, true)]
    public void The_text_and_the_proper_end_are_seen(string file, long characters, bool ended)
    {
        var sample = UsageSample.Of(file);
        var stream = Fed(sample.Route, sample.Body);
        stream.Finish().IsPartial.ShouldBe(!ended);
        stream.Text.Characters.ShouldBe(characters);
        stream.HasEnded.ShouldBe(ended);
        stream.HasFailed.ShouldBe(!ended);
    }

    [Fact]
    public void Usage_that_is_repeated_or_comes_twice_counts_once()
    {
        foreach (var sample in UsageSample.Streams.Where(static sample => sample.File.EndsWith(".sse", StringComparison.Ordinal)))
        {
            var whole = Fed(sample.Route, sample.Body).Finish();
            var events = Encoding.UTF8.GetString(sample.Body).ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
            var doubled = string.Concat(events.Select(static one => $"{one}\n\n{one}\n\n"));
            var report = Fed(sample.Route, Encoding.UTF8.GetBytes(doubled)).Finish();
            report.Usage.ShouldBe(whole.Usage, sample.File);
            for (var seed = 0; seed < 20; seed++)
            {
                var shuffled = events.ToArray();
                new Random(seed).Shuffle(shuffled);
                var usage = Fed(sample.Route, Encoding.UTF8.GetBytes(string.Join("\n\n", shuffled))).Finish().Usage;
                usage.InputTokens.ShouldBeLessThanOrEqualTo(whole.Usage.InputTokens);
                usage.OutputTokens.ShouldBeLessThanOrEqualTo(whole.Usage.OutputTokens);
            }
        }
    }

    [Fact]
    public void An_error_in_the_middle_keeps_what_was_delivered()
    {
        var stream = Fed(Anthropic, UsageSample.Of("anthropic-messages-stream-error.sse").Body);
        var report = stream.Finish();
        (report.Error, report.IsReported, report.IsPartial).ShouldBe(("Overloaded", true, true));
        report.Usage.InputTokens.Value.ShouldBe(300);
        stream.Text.Characters.ShouldBe(3);

        var chat = Fed(
            Chat, "data: {\"choices\":[{\"delta\":{\"content\":\"Hé\"}}]}\n\ndata: {\"error\":{\"message\":\"gone\"}}\n\n"u8.ToArray());
        report = chat.Finish();
        (report.Error, report.IsReported, report.IsPartial).ShouldBe(("gone", false, true));
        report.Usage[LlmUnit.Request].Value.ShouldBe(1);
        chat.Text.Characters.ShouldBe(2);
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"no\"}}\n\n")]
    [InlineData("event: error\ndata: {\"message\":\"no\"}\n\n")]
    [InlineData("data: {\"type\":\"error\",\"message\":\"no\"}\n\n")]
    [InlineData("""{"error":{"message":"no"}}""")]
    [InlineData("""[{"error":{"message":"no"}}]""")]
    public void An_error_in_place_of_an_answer_uses_nothing(string body)
    {
        var report = Fed(Chat, Encoding.UTF8.GetBytes(body)).Finish();
        (report.Error, report.IsReported).ShouldBe(("no", true));
        report.Usage.ShouldBe(LlmUsage.None);
    }

    [Fact]
    public void A_stream_of_nothing_says_nothing() => new UsageStream(Chat).Finish().ShouldBe(UsageReport.Silent);

    [Fact]
    public void Names_inside_of_the_text_are_no_usage_and_no_error()
    {
        const string Text =
            """{"choices":[{"index":0,"delta":{"content":"{\"usage\":{\"prompt_tokens\":9},\"error\":\"x\"}\u00e9\ud83d\ude00\n"}}]}""";
        var stream = Fed(Chat, Encoding.UTF8.GetBytes($"data: {Text}\n\ndata: [DONE]\n\n"));
        var report = stream.Finish();
        (report.IsReported, report.Error).ShouldBe((false, null));
        stream.Text.Characters.ShouldBe("{\"usage\":{\"prompt_tokens\":9},\"error\":\"x\"}".Length + 3);
    }

    [Theory]
    [InlineData("", "\n", "\n")]
    [InlineData("[", ",\r\n", "]")]
    public void Quotes_and_braces_inside_of_the_text_of_JSON_end_no_object(string before, string between, string after)
    {
        const string Text = """{"choices":[{"delta":{"content":"a\" } ] { \\\\"}}]}""";
        const string Usage = """{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}""";
        foreach (var step in new[] { 1, 2, 3, 5, 500 })
        {
            var stream = Fed(Chat, Encoding.UTF8.GetBytes(before + Text + between + Usage + after), () => step);
            stream.Finish().Usage.InputTokens.Value.ShouldBe(3);
            stream.Text.Characters.ShouldBe(11);
        }
    }

    [Fact]
    public void Absurd_usage_in_a_stream_is_doubted_and_a_later_word_takes_it_back()
    {
        const string Absurd = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":-3,\"completion_tokens\":1}}\n\n";
        const string Good = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n";
        Fed(Chat, Encoding.UTF8.GetBytes(Good + Absurd)).Finish().Inconsistency.ShouldNotBeNull();
        Fed(Chat, Encoding.UTF8.GetBytes(Absurd + Good)).Finish().Inconsistency.ShouldBeNull();
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"", "\"}}]}\n\n")]
    [InlineData("{\"choices\":[{\"delta\":{\"content\":\"", "\"}}]}\n")]
    public void An_event_beyond_the_limit_is_passed_over_and_the_next_is_read(string before, string after)
    {
        var large = before + new string('x', 5_000) + after;
        var usage = after.StartsWith("\"}}]}\n\n", StringComparison.Ordinal)
            ? "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n"
            : "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n";
        foreach (var step in new[] { 1, 100, 6_000 })
        {
            var stream = new UsageStream(Chat, largestEvent: 1_000);
            Feed(stream, Encoding.UTF8.GetBytes(large + usage), () => step);
            stream.Finish().Usage.InputTokens.Value.ShouldBe(3);
            stream.Text.Characters.ShouldBe(0);
        }
    }

    [Fact]
    public void A_frame_whose_sums_do_not_fit_ends_the_reading()
    {
        var sample = UsageSample.Of("bedrock-converse-stream.bin");
        for (var at = 0; at < sample.Body.Length; at++)
        {
            var body = sample.Body.ToArray();
            body[at] ^= 0x10;
            Fed(sample.Route, body).Finish().IsReported.ShouldBeFalse($"byte {at} was changed");
        }
    }

    [Fact]
    public void A_frame_beyond_the_limit_is_passed_over()
    {
        var sample = UsageSample.Of("bedrock-converse-stream.bin");
        var body = Frame("event", new byte[5_000]).Concat(sample.Body).ToArray();
        foreach (var step in new[] { 1, 999, body.Length })
        {
            var stream = new UsageStream(sample.Route, largestEvent: 1_000);
            Feed(stream, body, () => step);
            stream.Finish().Usage.InputTokens.Value.ShouldBe(21);
        }
    }

    [Fact]
    public void An_exception_of_Bedrock_is_an_error()
    {
        var report = Fed(UsageSample.Of("bedrock-converse-stream.bin").Route, Frame("exception", "{\"message\":\"Too many\"}"u8.ToArray()))
            .Finish();
        (report.Error, report.IsReported).ShouldBe(("Too many", true));
    }

    [Fact]
    public void Bedrocks_wrapped_chunks_are_the_vendors()
    {
        var route = LlmRoutes.Of("bedrock-runtime.us-east-1.amazonaws.com", "/model/anthropic.claude/invoke-with-response-stream");
        byte[] Wrapped(string json) =>
            Frame("event", Encoding.UTF8.GetBytes($$"""{"bytes":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(json))}}"}"""));
        var body = Wrapped(
            """{"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":12,"output_tokens":1,"cache_read_input_tokens":30}}}""")
            .Concat(Wrapped("""{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello"}}"""))
            .Concat(Wrapped("""{"type":"message_delta","usage":{"output_tokens":40}}"""))
            .Concat(Wrapped("""{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":12,"outputTokenCount":40}}"""))
            .ToArray();
        var stream = Fed(route, body);
        var report = stream.Finish();
        (report.Usage.InputTokens.Value, report.Usage.OutputTokens.Value, report.Model,
            report.IsPartial).ShouldBe((42, 40, "claude-x", false));
        stream.Text.Characters.ShouldBe(5);
    }

    [Fact]
    public void Other_streams_are_read_to_their_end()
    {
        var speech = Fed(LlmRoutes.Of("api.openai.com", "/v1/audio/speech"),
            "data: {\"type\":\"speech.audio.delta\",\"audio\":\"xx\"}\n\ndata: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":4,\"output_tokens\":50,\"total_tokens\":54}}\n\n"u8.ToArray());
        (speech.Finish().Usage[LlmUnit.AudioOutput].Value, speech.HasEnded).ShouldBe((50, true));

        var ollama = Fed(new("ollama", LlmApi.OllamaChat),
            "{\"model\":\"m\",\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"prompt_eval_count\":7,\"eval_count\":2}\n"u8.ToArray());
        (ollama.Finish().Usage.TotalTokens.Value, ollama.HasEnded, ollama.Text.Characters).ShouldBe((9, true, 2));

        var image = Fed(LlmRoutes.Of("api.openai.com", "/v1/images/generations"),
            "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"xx\"}\n\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"x\",\"usage\":{\"input_tokens\":4,\"output_tokens\":50,\"total_tokens\":54}}\n\n"u8.ToArray());
        (image.Finish().Usage[LlmUnit.ImageOutput].Value, image.Finish().Usage[LlmUnit.Image].Value,
            image.HasEnded).ShouldBe((50, 1, true));
    }

    [Fact]
    public void A_long_stream_costs_little_and_is_counted_in_full()
    {
        var stream = new UsageStream(Chat);
        var chunk =
            "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}],\"usage\":null}\n\n"u8.ToArray();
        stream.Feed(chunk);
        stream.Feed(chunk);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 2; at < 10_000; at++)
        {
            stream.Feed(chunk);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000, "chunks without usage are not parsed and not kept");
        stream.Feed("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":10000}}\n\n"u8);
        stream.Finish().Usage.OutputTokens.Value.ShouldBe(10_000);
        stream.Text.Characters.ShouldBe(50_000);
    }

    [Fact]
    public void Random_bytes_and_broken_streams_never_throw_in_any_shape()
    {
        var random = new Random(20260102);
        byte[] firsts = [(byte)'{', (byte)'[', 0, (byte)'d', (byte)':', 0xEF];
        foreach (var api in Enum.GetValues<LlmApi>())
        {
            for (var round = 0; round < 200; round++)
            {
                var noise = new byte[random.Next(1, 300)];
                random.NextBytes(noise);
                noise[0] = firsts[random.Next(firsts.Length)];
                Fed(new("gemini", api), noise, () => random.Next(1, 30)).Finish();

                var body = UsageSample.All[random.Next(UsageSample.All.Count)].Body.ToArray();
                for (var hits = random.Next(1, 20); hits > 0; hits--)
                {
                    body[random.Next(body.Length)] = (byte)random.Next(256);
                }

                Fed(new("perplexity", api), body, () => random.Next(1, 100)).Finish();
            }
        }
    }

    private static UsageStream Fed(LlmRoute route, byte[] body, Func<int>? step = null)
    {
        var stream = new UsageStream(route);
        Feed(stream, body, step ?? (() => body.Length));
        stream.Finish();
        return stream;
    }

    private static void Feed(UsageStream stream, byte[] body, Func<int> step)
    {
        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(step(), body.Length - at);
            stream.Feed(body.AsSpan(at, length));
            at += length;
        }
    }

    private static void SameAs(UsageStream whole, UsageStream other)
    {
        other.Finish().ShouldBe(whole.Finish());
        other.Text.ShouldBe(whole.Text);
        (other.HasEnded, other.HasFailed).ShouldBe((whole.HasEnded, whole.HasFailed));
    }

    private static byte[] Frame(string messageType, byte[] payload)
    {
        byte[] headers = [13, .. ":message-type"u8, 7, 0, (byte)messageType.Length, .. Encoding.ASCII.GetBytes(messageType)];
        var frame = new byte[16 + headers.Length + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)frame.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), (uint)headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), Crc32.Of(frame.AsSpan(0, 8)));
        headers.CopyTo(frame, 12);
        payload.CopyTo(frame, 12 + headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(frame.Length - 4), Crc32.Of(frame.AsSpan(0, frame.Length - 4)));
        return frame;
    }
}
