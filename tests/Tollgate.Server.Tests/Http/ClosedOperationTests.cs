using System.Text;
using System.Text.Json;

namespace Tollgate.Server.Tests.Http;

/// <summary>
/// No operation of the OpenAPI document ignores unknown names: a misspelt name is refused at every place.
/// </summary>
[Collection(FrontDoorTests.Name)]
public sealed class ClosedOperationTests(RunningServer server)
{
    private const string Project = "resume-ats";

    /// <summary>Operations for mail programs and payment providers, which add parameters and members freely.</summary>
    private static readonly string[] Open = ["/v1/mail/unsubscribe", "/v1/webhooks/{provider}"];

    /// <summary>Bodies whose members the caller names, or that are read as a catalogue or a price file.</summary>
    private static readonly string[] OwnMembers = ["PUT /v1/customers/{id}/overrides", "PUT /v1/catalog", "POST /v1/model-prices/import"];

    [Fact]
    public async Task Every_operation_refuses_an_unknown_query_parameter_and_names_the_nearest()
    {
        List<string> faults = [];
        var asked = 0;
        foreach (var (method, path, operation) in await OperationsAsync())
        {
            var known = QueryOf(operation);
            var wrong = known.Count == 0 ? "nothing_like_it" : known[0] + "x";
            var reply = await SendAsync(method, $"{Filled(path)}?{wrong}=1", operation);
            var detail = reply.Json.TryGetProperty("detail", out var told) ? told.GetString()! : "";
            var hint = known.Count == 0 ? "" : $" Did you mean '{known[0]}'?";
            asked++;
            if ((int)reply.Status != 422 || CodeOf(reply) != "unknown_parameter"
                || !detail.Contains($"Unknown query parameter '{wrong}'.{hint}", StringComparison.Ordinal))
            {
                faults.Add($"{method} {path}: {(int)reply.Status} {Encoding.UTF8.GetString(reply.Body)}");
            }
        }

        faults.ShouldBeEmpty();
        asked.ShouldBeGreaterThan(150);
    }

    [Fact]
    public async Task Every_closed_body_refuses_an_unknown_field_and_names_the_nearest()
    {
        var document = await DocumentAsync();
        List<string> faults = [];
        var asked = 0;
        foreach (var (method, path, operation) in Operations(document))
        {
            if (OwnMembers.Contains($"{method} {path}") || MembersOf(document, operation) is not { } known)
            {
                continue;
            }

            var wrong = known[0] + "x";
            var reply = await SendAsync(method, Filled(path), operation, $$"""{"{{wrong}}": null}""");
            var detail = Encoding.UTF8.GetString(reply.Body);
            asked++;

            // An event is read in one pass, which also finds missing members.
            if ((int)reply.Status != 422 || CodeOf(reply) is not ("unknown_field" or "validation_failed")
                || !detail.Contains($"Unknown field '{wrong}'. Did you mean '", StringComparison.Ordinal))
            {
                faults.Add($"{method} {path}: {(int)reply.Status} {detail}");
            }
        }

        faults.ShouldBeEmpty();
        asked.ShouldBeGreaterThan(50);
    }

    /// <summary>Seeds send their old members, and mail programs add counters.</summary>
    [Theory]
    [InlineData("GET", "/api/subscription/plans?utm_source=mail")]
    [InlineData("GET", "/pricing/plans?x=1")]
    [InlineData("GET", "/health/live?x=1")]
    public async Task Doors_of_others_keep_their_contracts(string method, string path) =>
        (await server.SendAsync(method, path, server.Secret(Project))).ShouldBe(200);

    private Task<Reply> SendAsync(string method, string target, JsonElement operation, string? body = null) =>
        server.SendAsync(
            method, target, server.Admin, body ?? BodyFor(operation), ("X-Project", Project),
            ("Idempotency-Key", Guid.NewGuid().ToString()), ("Content-Type", TypeOf(operation)));

    /// <summary>JSON, or the first type of an operation that does not accept it: routing refuses other types before all else.</summary>
    private static string TypeOf(JsonElement operation)
    {
        string[] types = operation.TryGetProperty("requestBody", out var body)
            ? [.. body.GetProperty("content").EnumerateObject().Select(static one => one.Name)]
            : [];
        return types.Length == 0 || types.Contains("application/json") ? "application/json" : types[0];
    }

    private static string? BodyFor(JsonElement operation) => operation.TryGetProperty("requestBody", out _) ? "{}" : null;

    private static string CodeOf(Reply reply) => reply.Json.TryGetProperty("code", out var code) ? code.GetString()! : "";

    private async Task<JsonElement> DocumentAsync() => (await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json;

    private async Task<IReadOnlyList<(string Method, string Path, JsonElement Operation)>> OperationsAsync() =>
        Operations(await DocumentAsync());

    private static IReadOnlyList<(string Method, string Path, JsonElement Operation)> Operations(JsonElement document) =>
    [
        .. from path in document.GetProperty("paths").EnumerateObject()
           where path.Name.StartsWith("/v1/", StringComparison.Ordinal) && !Open.Contains(path.Name)
           from one in path.Value.EnumerateObject()
           where one.Name is "get" or "post" or "put" or "patch" or "delete"
           select (one.Name.ToUpperInvariant(), path.Name, one.Value),
    ];

    private static List<string> QueryOf(JsonElement operation) => operation.TryGetProperty("parameters", out var all)
        ? [.. all.EnumerateArray().Where(static one => one.GetProperty("in").GetString() == "query")
            .Select(static one => one.GetProperty("name").GetString()!)]
        : [];

    /// <summary>Returns null if there is no JSON body, or one without members of its own.</summary>
    private static List<string>? MembersOf(JsonElement document, JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out var body)
            || !body.GetProperty("content").TryGetProperty("application/json", out var content)
            || !content.TryGetProperty("schema", out var schema))
        {
            return null;
        }

        while (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        var members = schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().Select(static one => one.Name).ToList()
            : [];
        return members.Count == 0 ? null : members;
    }

    private static string Filled(string path) =>
        string.Join(
            '/', path.Split('/')
                .Select(static part => part.StartsWith('{') ? "x" + part[(part.IndexOf('}', StringComparison.Ordinal) + 1)..] : part));
}
