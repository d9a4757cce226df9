using System.Text;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Llm;

public sealed class RequestReaderTests
{
    private static readonly LlmRoute Chat = LlmRoutes.Of("api.openai.com", "/v1/chat/completions");

    /// <summary>The first bytes of a PNG, as in a picture of some 3,000 bytes.</summary>
    private static readonly string Png = Convert.ToBase64String(
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, .. new byte[3_000]]);

    private static readonly string Pdf = Convert.ToBase64String([.. "%PDF-1.7\n"u8, .. new byte[90_000]]);

    [Theory]
    [InlineData("api.openai.com", "/v1/chat/completions",
        """{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}],"max_completion_tokens":50,"n":3,"stream":true,"stream_options":{"include_usage":true}}""",
        "gpt-4o", true, true, 50L, 3, 5L)]
    [InlineData("api.openai.com", "/v1/responses",
        """{"model":"gpt-5","instructions":"Be short","input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]}],"max_output_tokens":7}""",
        "gpt-5", false, false, 7L, 1, 10L)]
    [InlineData("api.anthropic.com", "/v1/messages",
        """{"model":"claude-x","max_tokens":99,"stream":true,"system":[{"type":"text","text":"Be kind"}],"messages":[{"role":"user","content":"Hi"}]}""",
        "claude-x", true, false, 99L, 1, 9L)]
    [InlineData("generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        """{"systemInstruction":{"parts":[{"text":"Be"}]},"contents":[{"parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":12,"candidateCount":2}}""",
        "gemini-2.5-flash", true, false, 12L, 2, 4L)]
    [InlineData("bedrock-runtime.us-east-1.amazonaws.com", "/model/amazon.nova-lite-v1%3A0/converse-stream",
        """{"system":[{"text":"Be"}],"messages":[{"role":"user","content":[{"text":"Hi"}]}],"inferenceConfig":{"maxTokens":64}}""",
        "amazon.nova-lite-v1:0", true, false, 64L, 1, 4L)]
    [InlineData("bedrock-runtime.us-east-1.amazonaws.com", "/model/meta.llama3-8b/invoke",
        """{"prompt":"Hi","max_gen_len":5}""", "meta.llama3-8b", false, false, 5L, 1, 2L)]
    [InlineData(
        "api.mistral.ai", "/v1/chat/completions", """{"model":"mistral-small","messages":[{"content":"Hi"}],"max_tokens":9}""",
        "mistral-small", false, false, 9L, 1, 2L)]
    [InlineData(
        "api.cohere.com", "/v2/chat", """{"model":"command-a","messages":[{"content":"Hi"}],"max_tokens":9,"stream":true}""", "command-a",
        true, false, 9L, 1, 2L)]
    [InlineData(
        "localhost", "/api/chat", """{"model":"llama3","messages":[{"content":"Hi"}],"options":{"num_predict":9}}""", "llama3", true, false,
        9L, 1, 2L)]
    [InlineData("localhost", "/api/embed", """{"model":"nomic","input":"Hi"}""", "nomic", false, false, null, 1, 2L)]
    [InlineData(
        "api.openai.com", "/v1/completions", """{"model":"davinci","prompt":"Hi","best_of":4,"n":2}""", "davinci", false, false, null, 4,
        2L)]
    [InlineData(
        "api.openai.com", "/v1/images/generations", """{"model":"dall-e-3","prompt":"A cat","n":2,"size":"1024x1024"}""", "dall-e-3", false,
        false, null, 2, 5L)]
    [InlineData(
        "api.openai.com", "/v1/audio/speech", """{"model":"tts-1","input":"Hi","voice":"alloy"}""", "tts-1", false, false, null, 1, 2L)]
    [InlineData("us-central1-aiplatform.googleapis.com", "/v1/projects/p/locations/l/publishers/google/models/imagen-4:predict",
        """{"instances":[{"prompt":"A cat"}],"parameters":{"sampleCount":3}}""", "imagen-4", false, false, null, 3, 5L)]
    public void A_request_of_each_provider_says_what_it_asks_for(
        string host, string path, string body, string model, bool isStream, bool wantsUsage, long? maxOutput, int answers, long characters)
    {
        var ask = Read(LlmRoutes.Of(host, path), body);

        (ask.Model, ask.IsStream, ask.WantsUsage, ask.MaxOutputTokens, ask.Answers, ask.Prompt.Characters)
            .ShouldBe((model, isStream, wantsUsage, maxOutput, answers, characters));
    }

    [Theory]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/png;base64,$PNG"}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}""")]
    [InlineData("""{"type":"input_image","image_url":"data:image/png;base64,$PNG"}""")]
    [InlineData("""{"type":"input_image","file_id":"file-1"}""")]
    [InlineData("""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"$PNG"}}""")]
    [InlineData("""{"source":{"data":"$PNG","media_type":"image/png","type":"base64"},"type":"image"}""")]
    [InlineData("""{"source":{"url":"https://example.com/a.png","type":"url"},"type":"image"}""")]
    [InlineData("""{"inlineData":{"data":"$PNG","mimeType":"image/png"}}""")]
    [InlineData("""{"inline_data":{"mime_type":"image/webp","data":"AAAAAAAAAAAAAAAAAAAAAAAA"}}""")]
    [InlineData("""{"fileData":{"fileUri":"gs://a/b","mimeType":"image/png"}}""")]
    [InlineData("""{"image":{"format":"png","source":{"bytes":"$PNG"}}}""")]
    public void An_image_is_one_image_and_no_text(string part)
    {
        var ask = Read(
            Chat, "{\"messages\":[{\"role\":\"user\",\"content\":[" + part.Replace("$PNG", Png, StringComparison.Ordinal)
                + ",{\"type\":\"text\",\"text\":\"Hi\"}]}]}");

        (ask.Images, ask.DocumentBytes, ask.Prompt.Characters).ShouldBe((1, 0, 2));
    }

    [Theory]
    [InlineData("""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"$PDF"}}""")]
    [InlineData("""{"type":"file","file":{"filename":"","file_data":"data:application/pdf;base64,$PDF"}}""")]
    [InlineData("""{"type":"input_file","file_data":"data:application/pdf;base64,$PDF"}""")]
    [InlineData("""{"inlineData":{"data":"$PDF","mimeType":"application/pdf"}}""")]
    [InlineData("""{"document":{"format":"pdf","source":{"bytes":"$PDF"}}}""")]
    public void A_document_is_counted_by_its_bytes(string part)
    {
        var ask = Read(
            Chat, "{\"messages\":[{\"role\":\"user\",\"content\":[" + part.Replace("$PDF", Pdf, StringComparison.Ordinal) + "]}]}");

        (ask.Images, ask.Prompt.Characters).ShouldBe((0, 0));
        ask.DocumentBytes.ShouldBeInRange(90_000, 90_020);
    }

    [Fact]
    public void Text_in_a_place_of_files_is_text()
    {
        var ask = Read(
            Chat,
            """{"messages":[{"content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"The whole contract."}}]}]}""");

        (ask.Prompt.Characters, ask.DocumentBytes).ShouldBe((19, 0));
    }

    [Fact]
    public void Sound_is_measured_in_the_seconds_that_its_header_says()
    {
        var ask = Read(
            Chat, "{\"messages\":[{\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\""
                + Convert.ToBase64String(Wave(seconds: 3)) + "\",\"format\":\"wav\"}}]}]}");

        ask.AudioMilliseconds.ShouldBeInRange(2_999, 3_001);
        ask.Prompt.Characters.ShouldBe(0);
    }

    [Fact]
    public void Images_of_Ollama_stand_in_a_list() =>
        Read(LlmRoutes.Of("localhost", "/api/chat"),
            "{\"messages\":[{\"content\":\"Hi\",\"images\":[\"" + Png + "\",\"" + Png + "\"]}]}").Images.ShouldBe(2);

    [Fact]
    public void A_coarse_image_is_known_as_one()
    {
        var ask = Read(
            Chat,
            """{"messages":[{"content":[{"type":"image_url","image_url":{"url":"https://e.com/a.png","detail":"low"}},{"type":"image_url","image_url":{"url":"https://e.com/b.png"}}]}]}""");

        (ask.Images, ask.CoarseImages).ShouldBe((2, 1));
    }

    [Fact]
    public void Tools_are_read_with_their_names_and_schemas()
    {
        var ask = Read(Chat,
            """{"messages":[{"content":"Hi"}],"tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object","properties":{"left":{"type":"number","minimum":10}}}}},{"type":"web_search_20250305","max_uses":4}]}""");

        (ask.Messages, ask.Tools, ask.Searches).ShouldBe((1, 2, 4));
        ask.Prompt.Characters.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Arguments_of_an_earlier_call_are_part_of_the_prompt()
    {
        var ask = Read(
            Chat,
            """{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{"city":"Cairo","days":3}}]}]}""");

        // f, city and days with their signs, Cairo, 3.
        ask.Prompt.Characters.ShouldBe(1 + 4 + 3 + 4 + 3 + 5 + 1);
    }

    [Fact]
    public void A_prompt_in_tokens_is_counted_exactly()
    {
        var ask = Read(LlmRoutes.Of("api.openai.com", "/v1/embeddings"), """{"model":"text-embedding-3-small","input":[[1,2,3],[4,5]]}""");

        (ask.PromptTokens, ask.Prompt.Characters).ShouldBe((5, 0));
    }

    [Theory]
    [InlineData("api.tavily.com", "/search", """{"query":"x"}""", 1)]
    [InlineData("api.tavily.com", "/search", """{"query":"x","search_depth":"advanced"}""", 2)]
    [InlineData("api.tavily.com", "/extract", """{"urls":["a","b","c"]}""", 3)]
    [InlineData("api.exa.ai", "/contents", """{"ids":["a","b"]}""", 2)]
    [InlineData("google.serper.dev", "/search", """{"q":"x","num":30}""", 2)]
    [InlineData("api.cohere.com", "/v2/rerank", """{"query":"x","documents":["a","b"]}""", 1)]
    [InlineData("api.firecrawl.dev", "/v2/search", """{"query":"x","limit":11}""", 4)]
    [InlineData("api.firecrawl.dev", "/v2/scrape", """{"url":"https://e.com"}""", 1)]
    [InlineData(
        "api.mistral.ai", "/v1/ocr",
        """{"model":"mistral-ocr","document":{"type":"document_url","document_url":"https://e.com"},"pages":[0,1,2]}""", 3)]
    public void A_call_by_the_piece_says_how_many(string host, string path, string body, long pieces) =>
        Read(LlmRoutes.Of(host, path), body).Pieces.ShouldBe(pieces);

    [Fact]
    public void A_form_is_read_by_its_fields_and_files()
    {
        var form = Form(
            ("model", "whisper-1", null), ("stream", "true", null), ("prompt", "Names: Ada", null),
            ("file", "ID3" + new string('x', 997), "a.mp3"));

        var ask = RequestReader.Read(
            LlmRoutes.Of("api.openai.com", "/v1/audio/transcriptions"), form, "multipart/form-data; boundary=\"line\"")!;

        (ask.Model, ask.IsStream, ask.Prompt.Characters, ask.AudioBytes).ShouldBe(("whisper-1", true, 10, 1_000));
    }

    [Fact]
    public void A_form_with_images_to_edit_counts_them()
    {
        var form = Form(
            ("model", "gpt-image-1", null), ("n", "2", null), ("image[]", "some picture", "a.png"), ("image[]", "some picture", "b.png"));

        var ask = RequestReader.Read(LlmRoutes.Of("api.openai.com", "/v1/images/edits"), form, "multipart/form-data; boundary=line")!;

        (ask.Answers, ask.Images).ShouldBe((2, 2));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"model\":\"a\"")]
    [InlineData("{\"model\":\"a\"} and more")]
    [InlineData("model=a&n=1")]
    public void A_body_that_is_not_a_JSON_object_is_not_a_request(string body) =>
        RequestReader.Read(Chat, Encoding.UTF8.GetBytes(body), "application/json").ShouldBeNull();

    [Fact]
    public void A_form_without_its_boundary_is_no_request()
    {
        RequestReader.Read(Chat, "--a\r\n\r\n--a--"u8, "multipart/form-data").ShouldBeNull();
        RequestReader.Read(Chat, "--a\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx"u8, "multipart/form-data; boundary=a")
            .ShouldBeNull();
    }

    [Fact]
    public void Members_of_another_type_are_passed_over()
    {
        var ask = Read(
            Chat,
            """{"model":7,"n":"3","max_tokens":-4,"max_output_tokens":1.5,"stream":"yes","stream_options":true,"messages":{"content":5},"tools":"none"}""");

        (ask.Model, ask.Answers, ask.MaxOutputTokens, ask.IsStream, ask.WantsUsage).ShouldBe((null, 1, null, false, false));
    }

    [Fact]
    public void Under_two_names_the_dearer_counts()
    {
        var ask = Read(
            Chat,
            """{"max_tokens":900,"max_completion_tokens":1,"n":5,"best_of":1,"prompt":"Hi","prompt":"Hello","parameters":{"max_tokens":7},"options":{"max_tokens":8}}""");

        (ask.MaxOutputTokens, ask.Answers, ask.Prompt.Characters).ShouldBe((900, 5, 7));
    }

    /// <summary>Some providers take the last value, others the first, so the usage of such a call is unknown.</summary>
    [Theory]
    [InlineData("""{"model":"gpt-4o-mini","model":"o3"}""")]
    [InlineData("""{"model":"o3","modelId":"gpt-4o-mini"}""")]
    [InlineData("""{"max_tokens":1,"max_tokens":null}""")]
    [InlineData("""{"max_tokens":1,"m\u0061x_tokens":null}""")]
    [InlineData("""{"n":1,"n":5}""")]
    [InlineData("""{"stream":false,"stream":true}""")]
    [InlineData("""{"stream_options":{"include_usage":true},"stream_options":null}""")]
    [InlineData("""{"stream_options":{"include_usage":true,"include_usage":false}}""")]
    [InlineData("""{"generationConfig":{"maxOutputTokens":1},"generationConfig":{}}""")]
    [InlineData("""{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":9}}""")]
    public void A_field_that_decides_the_cost_may_not_be_repeated(string body) =>
        RequestReader.Read(Chat, Encoding.UTF8.GetBytes(body), null).ShouldBeNull();

    [Fact]
    public void A_form_that_names_two_models_is_no_request() => RequestReader.Read(
        LlmRoutes.Of("api.openai.com", "/v1/audio/transcriptions"),
        Form(("model", "whisper-1", null), ("model", "gpt-4o-transcribe", null)), "multipart/form-data; boundary=line").ShouldBeNull();

    [Theory]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":true}}""", true)]
    [InlineData("""{"stream":true,"include_usage":true}""", false)]
    [InlineData("""{"stream":true,"options":{"include_usage":true},"config":{"include_usage":true}}""", false)]
    [InlineData("""{"stream":true,"stream_options":{"deep":{"include_usage":true}}}""", false)]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":null}}""", false)]
    public void Usage_is_asked_for_in_one_place(string body, bool wantsUsage) => Read(Chat, body).WantsUsage.ShouldBe(wantsUsage);

    [Theory]
    [InlineData("localhost", "/api/chat", """{"stream":false}""", false)]
    [InlineData("localhost", "/api/chat", "{}", true)]
    [InlineData("api.openai.com", "/v1/chat/completions", """{"stream":false}""", false)]
    [InlineData("generativelanguage.googleapis.com", "/v1beta/models/g:streamGenerateContent", """{"stream":false}""", true)]
    public void Ollama_streams_unless_it_is_told_not_to(string host, string path, string body, bool isStream) =>
        Read(LlmRoutes.Of(host, path), body).IsStream.ShouldBe(isStream);

    [Fact]
    public void A_bound_deeper_down_is_none() => Read(Chat, """{"options":{"deep":{"max_tokens":1}}}""").MaxOutputTokens.ShouldBeNull();

    [Fact]
    public void An_escaped_name_hides_nothing() =>
        Read(Chat, """{"m\u0061x_tokens":12,"messages":[{"cont\u0065nt":"Hi"}]}""").ShouldSatisfyAllConditions(
            ask => ask.MaxOutputTokens.ShouldBe(12), ask => ask.Prompt.Characters.ShouldBe(2));

    private static string Escaped(string name) => string.Concat(name.Select(letter => $"\\u{(int)letter:x4}"));

    [Fact]
    public void A_name_that_is_escaped_letter_by_letter_hides_nothing_either()
    {
        Read(Chat,
            $$"""{"{{Escaped("max_completion_tokens")}}":12,"{{Escaped("model")}}":"{{Escaped("gpt-4o-mini-with-a-name-of-some-length-2024-07-18")}}"}""")
            .ShouldSatisfyAllConditions(
                ask => ask.MaxOutputTokens.ShouldBe(12), ask => ask.Model.ShouldBe("gpt-4o-mini-with-a-name-of-some-length-2024-07-18"));
        RequestReader.Read(Chat, Encoding.UTF8.GetBytes($$"""{"stream_options":{},"{{Escaped("stream_options")}}":null}"""), null)
            .ShouldBeNull();
        RequestReader.Read(Chat, Encoding.UTF8.GetBytes($$"""{"max_tokens":1,"{{Escaped("max_tokens")}}":100000}"""), null).ShouldBeNull();
    }

    [Fact]
    public void A_member_that_nobody_knows_is_part_of_the_prompt() =>
        Read(Chat, """{"inputText":"Hello","other":{"deep":["Hi"]}}""").Prompt.Characters.ShouldBe(7);

    [Fact]
    public void Text_that_is_no_UTF8_is_read_without_an_exception()
    {
        byte[] body = [
            .. "{\"model\":\""u8, 0xFF, 0xFE, .. "\",\"\xC3\":1,\"messages\":[{\"content\":\""u8, 0x80, 0xC3, (byte)'a',
            .. "\"}],\"n\":2}"u8];

        RequestReader.Read(Chat, body, null).ShouldNotBeNull().Answers.ShouldBe(2);
    }

    [Fact]
    public void Nesting_without_end_is_no_request()
    {
        RequestReader.Read(Chat, Encoding.UTF8.GetBytes("{\"messages\":" + new string('[', 100_000)), null).ShouldBeNull();
        Read(Chat, "{\"messages\":" + new string('[', 200) + "\"Hi\"" + new string(']', 200) + "}").Prompt.Characters.ShouldBe(2);
    }

    [Fact]
    public void Any_beginning_of_a_request_is_read_without_an_exception()
    {
        var body = Encoding.UTF8.GetBytes(
            "{\"model\":\"gpt\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"data\":\"" + Png[..64]
                + "\"}},{\"text\":\"Hällo \\ud83d\\ude00\"}]}],\"tools\":[{\"a\":1}]}");
        for (var length = 0; length < body.Length; length++)
        {
            RequestReader.Read(Chat, body.AsSpan(0, length), null).ShouldBeNull();
        }

        RequestReader.Read(Chat, body, null).ShouldNotBeNull();
    }

    [Fact]
    public void A_large_body_costs_no_memory_of_its_own()
    {
        var body = Encoding.UTF8.GetBytes("{\"messages\":["
            + string.Join(',', Enumerable.Repeat("{\"role\":\"user\",\"content\":\"" + new string('a', 500) + "\"}", 4_000)) + "]}");
        RequestReader.Read(Chat, body, null);

        var before = GC.GetAllocatedBytesForCurrentThread();
        RequestReader.Read(Chat, body, null).ShouldNotBeNull().Messages.ShouldBe(4_000);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4_000);
    }

    private static LlmRequest Read(LlmRoute route, string body) =>
        RequestReader.Read(route, Encoding.UTF8.GetBytes(body), "application/json").ShouldNotBeNull();

    private static byte[] Form(params ReadOnlySpan<(string Name, string Value, string? File)> parts)
    {
        var form = new StringBuilder();
        foreach (var (name, value, file) in parts)
        {
            form.Append("--line\r\nContent-Disposition: form-data; name=\"").Append(name).Append('"');
            form.Append(file is null ? "" : $"; filename=\"{file}\"\r\nContent-Type: application/octet-stream").Append("\r\n\r\n")
                .Append(value).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(form.Append("--line--\r\n").ToString());
    }

    private static byte[] Wave(int seconds)
    {
        const int perSecond = 32_000;
        var wave = new byte[44 + (seconds * perSecond)];
        "RIFF"u8.CopyTo(wave);
        "WAVEfmt "u8.CopyTo(wave.AsSpan(8));
        BitConverter.TryWriteBytes(wave.AsSpan(28), perSecond);
        return wave;
    }
}
