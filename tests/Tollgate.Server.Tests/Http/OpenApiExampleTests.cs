using System.Text.Json;
using Tollgate.Server.Hosting;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>
/// The parts of the document that client generators and their users read: examples, closed sets, names and groups of operations.
/// </summary>
[Collection(FrontDoorTests.Name)]
public sealed class OpenApiExampleTests(RunningServer server)
{
    [Fact]
    public async Task Every_example_is_valid_against_its_schema()
    {
        var document = await DocumentAsync();
        var check = new SchemaCheck(document);
        List<string> faults = [];
        var seen = 0;
        foreach (var (name, body) in Operations(document).SelectMany(static one => Bodies(one.Name, one.Operation)))
        {
            foreach (var media in body.EnumerateObject())
            {
                seen++;
                var example = media.Value.GetProperty("example");
                faults.AddRange(media.Value.TryGetProperty("schema", out var schema)
                    ? check.FaultsOf(schema, example).Select(fault => $"{name} {media.Name}: {fault}")
                    : [$"{name} {media.Name}: no schema"]);
            }
        }

        faults.ShouldBeEmpty();
        seen.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public async Task Every_closed_set_is_an_enum_of_the_words_that_the_code_writes()
    {
        var schemas = (await DocumentAsync()).GetProperty("components").GetProperty("schemas");
        List<string> faults = [];
        foreach (var ((body, member), words) in ClosedSets.All)
        {
            var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(member);
            if (!schemas.TryGetProperty(body.Name, out var schema)
                || !schema.GetProperty("properties").TryGetProperty(name, out var property))
            {
                faults.Add($"{body.Name}.{name} is not in the document");
                continue;
            }

            var closed = property.TryGetProperty("items", out var items) ? items : property;
            var listed = closed.TryGetProperty("enum", out var values)
                ? values.EnumerateArray().Select(static one => one.GetString()).OfType<string>()
                : [];
            if (!listed.SequenceEqual(words))
            {
                faults.Add($"{body.Name}.{name}: {string.Join(", ", listed)} instead of {string.Join(", ", words)}");
            }
        }

        faults.ShouldBeEmpty();
    }

    /// <summary>
    /// Strings whose description has words as examples, or words of a seed product or of Stripe's objects, which no set in the code has.
    /// </summary>
    private static readonly string[] OpenMembers =
    [
        "AddPaymentMethodRequest.token",
        "AlwrityCurrentUsage.usage_status",
        "CreateWebhookEndpointRequest.url",
        "EmailAssistantTrack.metric_type",
        "LlmCallRequest.feature",
        "LlmCallRequest.service_tier",
        "MailView.reason",
        "ParkedError.type",
        "ResumeAtsBillingError.error",
        "ResumeAtsBillingStatus.status",
        "ResumeAtsCheckout.plan",
        "StripeDriftView.object",
        "StripeSyncLine.kind",
        "SubscriptionFactView.cause",
    ];

    [Fact]
    public async Task A_member_that_lists_its_words_is_a_closed_set()
    {
        var schemas = (await DocumentAsync()).GetProperty("components").GetProperty("schemas");
        var open =
            from schema in schemas.EnumerateObject()
            where !schema.Name.StartsWith("Catalog", StringComparison.Ordinal) && schema.Value.TryGetProperty("properties", out _)
            from member in schema.Value.GetProperty("properties").EnumerateObject()
            where member.Value.TryGetProperty("type", out var type) && type.GetRawText().Contains("string", StringComparison.Ordinal)
                && !member.Value.TryGetProperty("enum", out _)
                && member.Value.TryGetProperty("description", out var text)
                && System.Text.RegularExpressions.Regex.Count(text.GetString()!, "`[a-z_]+`") > 1
            select $"{schema.Name}.{member.Name}";
        string.Join('\n', open.Order(StringComparer.Ordinal))
            .ShouldBe(
                string.Join('\n', OpenMembers),
                "Give the member its words in ClosedSets, or list it here when its words are only examples.");
    }

    [Fact]
    public async Task Every_operation_says_how_it_refuses()
    {
        Operations(await DocumentAsync())
            .Where(static one => !one.Operation.GetProperty("responses").EnumerateObject()
                .Any(static answer => answer.Name.StartsWith('4')))
            .Select(static one => one.Name).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_group_of_operations_is_described()
    {
        (await DocumentAsync()).GetProperty("tags").EnumerateArray().Where(static tag => !tag.TryGetProperty("description", out _))
            .Select(static tag => tag.GetProperty("name").GetString()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Operations_have_nouns_and_a_verb_for_a_name()
    {
        var ids = Operations(await DocumentAsync())
            .ToDictionary(static one => one.Name, static one => one.Operation.GetProperty("operationId").GetString());
        ids["POST /v1/invoices/{id}/void"].ShouldBe("invoices_void");
        ids["GET /v1/invoices"].ShouldBe("invoices_list");
        ids["GET /v1/invoices/{id}.pdf"].ShouldBe("invoices_get_pdf");
        ids["GET /v1/invoices.csv"].ShouldBe("invoices_export_csv");
        ids["PUT /v1/catalog"].ShouldBe("catalog_publish");
        ids.Values.ShouldBeUnique();
        ids.Values.ShouldAllBe(static id => System.Text.RegularExpressions.Regex.IsMatch(id!, @"^[a-z0-9]+(_[a-z0-9]+)+\z"));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/yaml")]
    public async Task The_example_of_a_catalog_is_a_catalog(string type)
    {
        var body = Operations(await DocumentAsync()).Single(static one => one.Name == "PUT /v1/catalog").Operation
            .GetProperty("requestBody").GetProperty("content").GetProperty(type);
        var example = body.GetProperty("example");
        var made =
            (await server.SendAsync(
                "POST", "/v1/projects", server.Admin,
                $$"""{"code": "oa-{{type[^4..]}}", "name": "Example", "mode": "sandbox"}""")).ShouldBe(201).Json;
        var answer = await server.SendAsync(
            "PUT", "/v1/catalog", made.GetProperty("secret_key").GetString(),
            example.ValueKind == JsonValueKind.String ? example.GetString() : example.GetRawText(), ("Content-Type", type));
        answer.ShouldBe(200).Json.GetProperty("outcome").GetString().ShouldBe("published");
    }

    /// <summary>Members that the answer to <c>{}</c> requires and that another body can omit.</summary>
    private static readonly Dictionary<string, string> Otherwise = new(StringComparer.Ordinal)
    {
        ["POST /v1/reservations feature"] = "amounts names several",
        ["POST /v1/checkouts plan"] = "a pack is bought",
        ["POST /v1/portal-sessions customer"] = "the customer's token asks",
        ["POST /v1/webhook-endpoints/{id}/redeliver after"] = "from names a time",
    };

    [Fact]
    public async Task Required_fields_of_a_body_are_marked_as_required()
    {
        var document = await DocumentAsync();
        var schemas = document.GetProperty("components").GetProperty("schemas");
        var key =
            (await server.SendAsync(
                "POST", "/v1/projects", server.Admin, """{"code": "oa-required", "name": "Required", "mode": "sandbox"}"""))
            .ShouldBe(201).Json.GetProperty("secret_key").GetString();
        List<string> faults = [];
        var seen = 0;
        foreach (var (name, operation) in Operations(document).Where(static one => one.Name.Contains(" /v1/", StringComparison.Ordinal)))
        {
            if (!operation.TryGetProperty("requestBody", out var body)
                || !body.GetProperty("content").TryGetProperty("application/json", out var json)
                || SchemaOf(json.GetProperty("schema"), schemas) is not { } schema)
            {
                continue;
            }

            var documented = schema.TryGetProperty("required", out var required)
                ? required.EnumerateArray().Select(static one => one.GetString()!).ToHashSet()
                : [];
            var asked = await NeededAsync(name, name.Contains("/v1/projects", StringComparison.Ordinal) ? server.Admin : key!);
            seen += asked.Count;
            faults.AddRange(documented.Except(asked).Select(member => $"{name}: {member} is not needed"));
            faults.AddRange(asked.Except(documented).Where(member => !Otherwise.ContainsKey($"{name} {member}"))
                .Select(member => $"{name}: {member} is needed"));
        }

        faults.ShouldBeEmpty();
        seen.ShouldBeGreaterThan(50);
    }

    /// <summary>For an event and a call: the schema of a single one.</summary>
    private static JsonElement? SchemaOf(JsonElement schema, JsonElement schemas)
    {
        var one = schema.TryGetProperty("oneOf", out var all) ? all.EnumerateArray().First() : schema;
        return one.TryGetProperty("$ref", out var name) && name.GetString()!.Split('/')[^1] is var found && found != "Catalog"
            ? schemas.GetProperty(found)
            : null;
    }

    private async Task<HashSet<string>> NeededAsync(string operation, string key)
    {
        var (method, path) =
            (operation.Split(' ')[0], System.Text.RegularExpressions.Regex.Replace(operation.Split(' ')[1], @"\{[^}]*\}", "x"));
        var answer = await server.SendAsync(method, path, key, "{}");
        return (int)answer.Status == 422 && answer.Json.TryGetProperty("errors", out var errors)
            ? [.. errors.EnumerateArray().Where(static one => one.GetProperty("code").GetString() == "required")
                .Select(static one => one.GetProperty("param").GetString()!).Where(static one => one.Length > 0)]
            : [];
    }

    private async Task<JsonElement> DocumentAsync() => (await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json;

    private static IEnumerable<(string Name, JsonElement Operation)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from method in path.Value.EnumerateObject()
        select ($"{method.Name.ToUpperInvariant()} {path.Name}", method.Value);

    private static IEnumerable<(string Name, JsonElement Content)> Bodies(string name, JsonElement operation)
    {
        if (operation.TryGetProperty("requestBody", out var body) && body.TryGetProperty("content", out var sent))
        {
            yield return ($"{name} body", sent);
        }

        foreach (var answer in operation.GetProperty("responses").EnumerateObject())
        {
            if (answer.Value.TryGetProperty("content", out var content))
            {
                yield return ($"{name} {answer.Name}", content);
            }
        }
    }
}
