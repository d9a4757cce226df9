using System.Text;
using System.Text.Json;

namespace Tollgate.Server.Tests.Metering;

public sealed class EventsTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private static (long Accepted, long Replayed, long OverLimit, long Rejected) Counts(JsonElement body) =>
        (body.GetProperty("accepted").GetInt64(), body.GetProperty("replayed").GetInt64(), body.GetProperty("over_limit").GetInt64(),
            body.GetProperty("rejected_count").GetInt64());

    private static string[] Codes(JsonElement body) =>
        [.. body.GetProperty("rejected").EnumerateArray().Select(r => $"{r.GetProperty("index")} {r.GetProperty("code")}")];

    [Fact]
    public async Task One_event_is_recorded_and_its_repeat_replays()
    {
        const string Event = """{"id":"one","customer":"single","type":"call","quantity":2.5,"properties":{"a":[1,{"b":"é"}]}}""";
        var (status, body) = await host.PostAsync("/v1/events", Event);
        (status, Counts(body)).ShouldBe((200, (1, 0, 0, 0)), body.ToString());
        Counts((await host.PostAsync("/v1/events", Event)).Body).ShouldBe((0, 1, 0, 0));
        var reused = (await host.PostAsync("/v1/events", Event.Replace("2.5", "3", StringComparison.Ordinal))).Body;
        Codes(reused).ShouldBe(["0 idempotency_key_reused"]);
        (await host.UsedAsync("single", "call")).ShouldBe(2.5m);
    }

    [Fact]
    public async Task An_event_without_an_id_is_voided_by_the_one_that_was_generated()
    {
        var id = (await host.PostAsync("/v1/events", """{"customer":"nameless","type":"call"}""")).Body.GetProperty("id").GetString();
        var (status, body) = await host.PostAsync($"/v1/events/{id}/void", """{"customer":"nameless"}""");
        status.ShouldBe(200, body.ToString());
        (await host.PostAsync(
            "/v1/events", """[{"customer":"nameless","type":"call"},{"customer":"nameless","type":"call"}]""")).Body.GetProperty(
            "id").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("", 400, "malformed_json")]
    [InlineData("{\"id\":", 400, "malformed_json")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\"} x", 400, "malformed_json")]
    [InlineData("[{\"customer\":\"c\",\"type\":\"call\"},", 400, "malformed_json")]
    [InlineData("7", 422, "invalid_type")]
    [InlineData("{\"customer\":\"c\"}", 422, "validation_failed")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"surprise\":1}", 422, "unknown_field")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"type\":\"call\"}", 422, "unknown_field")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"quantity\":-1}", 422, "validation_failed")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"quantity\":1e-30}", 422, "validation_failed")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"quantity\":\"1\"}", 422, "invalid_type")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"occurred_at\":\"2026-11-21T08:00:00\"}", 422, "invalid_type")]
    [InlineData("{\"customer\":\"\\ud800\",\"type\":\"call\"}", 422, "validation_failed")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"properties\":{\"a\":\"\\u0000\"}}", 422, "validation_failed")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"properties\":{\"a\":1e999999}}", 422, "validation_failed")]
    [InlineData("{\"customer\":\"c\",\"type\":\"call\",\"properties\":[1]}", 422, "invalid_type")]
    public async Task A_faulty_body_is_refused_whole(string body, int status, string code)
    {
        var (seen, problem) = await host.PostAsync("/v1/events", body);
        (seen, problem.GetProperty("code").GetString()).ShouldBe((status, code), problem.ToString());
    }

    [Fact]
    public async Task All_faults_of_an_event_are_told_at_once()
    {
        var (_, problem) = await host.PostAsync("/v1/events", """{"id":"","type":7,"quantity":"x"}""");
        problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("param").GetString())
            .ShouldBe(["id", "type", "quantity", "customer"]);
    }

    [Fact]
    public async Task Faulty_items_of_an_array_are_listed_and_the_others_recorded()
    {
        var (status, body) = await host.PostAsync("/v1/events",
            """
            [{"id":"a","customer":"array","type":"scan"}, {"id":"b","customer":"array"}, 7,
             {"id":"c","customer":"array","type":"scan","quantity":2}, {"id":"d","customer":"array","type":"scan","occurred_at":"2001-01-01T00:00:00Z"},
             {"id":"e","customer":"array","type":"scan","occurred_at":"2199-01-01T00:00:00Z"}, {"id":"a","customer":"array","type":"scan"}]
            """);
        status.ShouldBe(200);
        Codes(body).ShouldBe(["1 validation_failed", "2 validation_failed", "4 event_too_old", "5 event_in_future"]);
        Counts(body).ShouldBe((2, 1, 1, 4));
        (await host.UsedAsync("array", "scan")).ShouldBe(3);
    }

    [Fact]
    public async Task Enforce_applies_the_caps_to_each_event()
    {
        var events = string.Join(
            ',', Enumerable.Range(0, 4).Select(i => $$"""{"id":"enforced-{{i}}","customer":"enforced","type":"scan"}"""));
        var (_, body) = await host.PostAsync("/v1/events?enforce=true", $"[{events}]");
        Codes(body).ShouldBe(["2 quota_exceeded", "3 quota_exceeded"]);
        (await host.UsedAsync("enforced", "scan")).ShouldBe(2);
        (await host.PostAsync("/v1/events?enforce=perhaps", "[]")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Broken_lines_of_a_stream_are_listed_by_their_place_and_empty_ones_skipped()
    {
        var lines = new StringBuilder();
        for (var i = 0; i < 3_000; i++)
        {
            lines.Append(i switch
            {
                5 => "not json\r\n",
                6 => "\n",
                7 => "{\"id\":\"x\"}\n",
                8 => $"{{\"id\":\"{new string('y', 200_000)}\"}}\n",
                2_999 => """{"id":"s-2999","customer":"stream","type":"call"}""",
                _ => $$$"""{"id":"s-{{{i}}}","customer":"stream","type":"call","properties":{"n":{{{i}}}}}""" + "\n",
            });
        }

        var (status, body) = await host.PostAsync("/v1/events", lines.ToString(), "application/x-ndjson");
        status.ShouldBe(200, body.ToString());
        Codes(body).ShouldBe(["5 malformed_json", "7 validation_failed", "8 payload_too_large"]);
        Counts(body).ShouldBe((2_996, 0, 0, 3));
        (await host.UsedAsync("stream", "call")).ShouldBe(2_996);
        Counts((await host.PostAsync("/v1/events", lines.ToString(), "application/jsonl")).Body).ShouldBe((0, 2_996, 0, 3));
    }

    /// <summary>JSON allows the escape, but it gives no valid text: neither in a value nor in the name of a member.</summary>
    [Theory]
    [InlineData("application/json", """{"\ud800":1}""")]
    [InlineData("application/json", """{"id":"h","customer":"half","type":"call","\udfff":{"a":[{}]}}""")]
    [InlineData("application/json", """{"customer":"half","type":"call","properties":{"\ud800":1}}""")]
    [InlineData(
        "application/cloudevents+json", """{"specversion":"1.0","id":"h","source":"s","subject":"half","type":"call","\ud800":1}""")]
    [InlineData(
        "application/cloudevents+json",
        """{"specversion":"1.0","id":"h","source":"s","subject":"half","type":"call","data":{"\ud800":1}}""")]
    public async Task Half_of_a_surrogate_pair_in_a_name_is_a_fault_of_its_event_alone(string type, string half)
    {
        var (status, problem) = await host.PostAsync("/v1/events", half, type);
        (status, problem.GetProperty("code").GetString()).ShouldBe((422, "validation_failed"), problem.ToString());

        var good = type == "application/json"
            ? """{"customer":"half","type":"call"}"""
            : """{"specversion":"1.0","id":"g","source":"s","subject":"half","type":"call"}""";
        var (many, body) = await host.PostAsync("/v1/events", $"[{good},{half},{good}]",
            type.Replace("events+", "events-batch+", StringComparison.Ordinal));
        many.ShouldBe(200, body.ToString());
        Codes(body).ShouldBe(["1 validation_failed"]);
        (body.GetProperty("accepted").GetInt64() + body.GetProperty("replayed").GetInt64()).ShouldBe(2);

        var (_, stream) = await host.PostAsync(
            "/v1/events", $$"""{"customer":"half","type":"call"}{{'\n'}}{{half}}{{'\n'}}{"customer":"half","type":"call"}""",
            "application/x-ndjson");
        Codes(stream).ShouldBe(["1 malformed_json"]);
        stream.GetProperty("accepted").GetInt64().ShouldBe(2);
    }

    [Fact]
    public async Task A_long_name_is_not_cut_in_the_middle_of_a_character()
    {
        var (status, problem) = await host.PostAsync("/v1/events",
            $$"""{"customer":"c","type":"call","{{new string('a', 99)}}\ud83d\ude00":1}""");
        (status, problem.GetProperty("param").GetString()).ShouldBe((422, new string('a', 99) + "…"));
    }

    [Fact]
    public async Task A_fault_of_Unicode_is_told_with_its_place()
    {
        var (_, one) = await host.PostAsync("/v1/events", """{"id":"h","\ud800":1}""");
        one.GetProperty("detail").GetString()!.ShouldContain("Byte 12:");
        var (_, line) = await host.PostAsync("/v1/events", """{"\ud800":1}""", "application/x-ndjson");
        line.GetProperty("rejected")[0].GetProperty("detail").GetString()!.ShouldStartWith("Byte 3 of the line:");
    }

    [Fact]
    public async Task An_array_has_at_most_ten_thousand_events()
    {
        var items = string.Join(',', Enumerable.Repeat("""{"customer":"many","type":"call"}""", 10_001));
        (await host.PostAsync("/v1/events", $"[{items}]")).Status.ShouldBe(413);
        (await host.PostAsync("/v1/events", $"[{items[(items.IndexOf("},", StringComparison.Ordinal) + 2)..]}]")).Body.GetProperty(
            "accepted").GetInt64().ShouldBe(10_000);
        (await host.UsedAsync("many", "call")).ShouldBe(10_000);
    }

    [Fact]
    public async Task Events_without_ids_take_theirs_from_the_idempotency_key()
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
            {
                Content = MeteringHost.Text("""[{"customer":"keyed","type":"call"},{"customer":"keyed","type":"call"}]"""),
                Headers = { { "Idempotency-Key", "batch-7" } },
            };
            using var answer = await host.Http.SendAsync(request);
            Counts(JsonElement.Parse(await answer.Content.ReadAsStringAsync())).ShouldBe(attempt == 0 ? (2, 0, 0, 0) : (0, 2, 0, 0));
        }
    }

    [Fact]
    public async Task CloudEvents_are_read_in_structured_batch_and_binary_mode()
    {
        const string One = """
            {"specversion":"1.0","id":"ce-1","source":"/app","subject":"cloud","type":"call","time":"2026-11-21T08:00:00Z","traceparent":"00-x",
             "data":{"quantity":3,"model":"m-1"}}
            """;
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var one = One.Replace("2026-11-21T08:00:00Z", now, StringComparison.Ordinal);
        Counts((await host.PostAsync("/v1/events", one, "application/cloudevents+json")).Body).ShouldBe((1, 0, 0, 0));
        var batch = $"[{one},{one.Replace("ce-1", "ce-2", StringComparison.Ordinal)},{{}}]";
        var mixed = (await host.PostAsync("/v1/events", batch, "application/cloudevents-batch+json")).Body;
        Counts(mixed).ShouldBe((1, 1, 0, 1), mixed.ToString());

        using var binary = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = MeteringHost.Text("""{"quantity":4,"model":"m-2"}"""),
        };
        foreach (var (name, value) in ((string, string)[])[("specversion", "1.0"), ("id", "ce-3"), ("source", "/app"), ("subject", "cloud"),
            ("type", "call")])
        {
            binary.Headers.Add("ce-" + name, value);
        }

        using var answer = await host.Http.SendAsync(binary);
        Counts(JsonElement.Parse(await answer.Content.ReadAsStringAsync())).ShouldBe((1, 0, 0, 0));
        (await host.UsedAsync("cloud", "call")).ShouldBe(10);
        var listed = (await host.GetAsync("/v1/events?customer=cloud")).Body.GetProperty("data").EnumerateArray()
            .ToDictionary(e => e.GetProperty("id").GetString()!);
        listed["ce-1"].GetProperty("properties").ToString().ShouldBe("""{"model":"m-1"}""");
        listed["ce-3"].GetProperty("properties").GetProperty("model").GetString().ShouldBe("m-2");
    }

    [Fact]
    public async Task A_void_gives_back_once_and_shows_in_the_list()
    {
        await host.PostAsync("/v1/events", """{"id":"wrong","customer":"voider","type":"scan","quantity":2}""");
        var (status, first) = await host.PostAsync("/v1/events/wrong/void", "{\"customer\":\"voider\"}");
        (status, first.GetProperty("replayed").GetBoolean(), first.GetProperty("used").GetDecimal(),
            first.GetProperty("remaining").GetDecimal())
            .ShouldBe((200, false, 0m, 2m), first.ToString());
        var (_, second) = await host.PostAsync("/v1/events/wrong/void?customer=voider", "");
        (second.GetProperty("replayed").GetBoolean(),
            second.GetProperty("id").GetString()).ShouldBe((true, first.GetProperty("id").GetString()));
        var rows = (await host.GetAsync("/v1/events?customer=voider")).Body.GetProperty("data").EnumerateArray().ToList();
        rows.Single(r => r.GetProperty("id").GetString() == "wrong").GetProperty("voided_by").GetString()
            .ShouldBe(first.GetProperty("id").GetString());
        rows.Single(r => r.GetProperty("voids").GetString() == "wrong").GetProperty("quantity").GetDecimal().ShouldBe(-2);
        (await host.PostAsync("/v1/events/nothing/void", "")).Status.ShouldBe(404);
        (await host.PostAsync("/v1/events/wrong/void", """{"customer":"voider","why":1}""")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task An_event_that_no_meter_reads_can_be_voided_too()
    {
        await host.PostAsync("/v1/events", """{"id":"unread","customer":"voider","type":"signal"}""");
        var (status, body) = await host.PostAsync("/v1/events/unread/void", "");
        (status, body.GetProperty("feature").ValueKind).ShouldBe((200, JsonValueKind.Null), body.ToString());
    }

    [Fact]
    public async Task Other_media_types_are_refused() =>
        (await host.PostAsync("/v1/events", "a,b", "text/csv")).Status.ShouldBe(415);
}
