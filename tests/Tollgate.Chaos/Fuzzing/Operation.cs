using System.Text.Json;
using Tollgate.Chaos.Client;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>An operation of <c>/openapi/v1.json</c>.</summary>
public sealed record Operation(string Method, string Path, JsonElement Spec, JsonElement Document)
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];

    public string Name => $"{Method.ToUpperInvariant()} {Path}";

    public bool Mutates => Method != "get";

    public HttpMethod HttpMethod => new(Method.ToUpperInvariant());

    public IEnumerable<JsonElement> Parameters =>
        Spec.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(Resolve) : [];

    /// <summary>The schema of the JSON body, the first if there is a choice; undefined if there is none.</summary>
    public JsonElement BodySchema =>
        Spec.TryGetProperty("requestBody", out var body)
        && Resolve(body).TryGetProperty("content", out var content)
        && content.TryGetProperty("application/json", out var json)
        && json.TryGetProperty("schema", out var schema)
            ? Resolve(Resolve(schema).TryGetProperty("oneOf", out var choices) ? choices[0] : schema)
            : default;

    /// <summary>The media types of the request body.</summary>
    public IReadOnlyList<string> MediaTypes =>
        Spec.TryGetProperty("requestBody", out var body) && Resolve(body).TryGetProperty("content", out var content)
            ? [.. content.EnumerateObject().Select(static type => type.Name)]
            : [];

    /// <summary>The schema of an answer; undefined if the status has none, or none of JSON.</summary>
    public JsonElement AnswerSchema(int status) =>
        Spec.TryGetProperty("responses", out var answers) && answers.TryGetProperty($"{status}", out var answer)
            && Resolve(answer).TryGetProperty("content", out var content)
        && content.TryGetProperty("application/json", out var json) && json.TryGetProperty("schema", out var schema)
            ? schema
            : default;

    /// <summary>The documented example of the body, if there is one.</summary>
    public JsonElement? BodyExample
    {
        get
        {
            if (!Spec.TryGetProperty("requestBody", out var body)
                || !Resolve(body).TryGetProperty("content", out var content)
                || !content.TryGetProperty("application/json", out var json))
            {
                return null;
            }

            if (json.TryGetProperty("example", out var example))
            {
                return example;
            }

            return json.TryGetProperty("examples", out var examples)
                && examples.EnumerateObject().FirstOrDefault() is { Value.ValueKind: JsonValueKind.Object } first
                && first.Value.TryGetProperty("value", out var value)
                    ? value
                    : null;
        }
    }

    public static async Task<IReadOnlyList<Operation>> AllAsync(GateClient gate)
    {
        var answer = await gate.SendAsync(HttpMethod.Get, "/openapi/v1.json", null);
        answer.Status.ShouldBe(200, answer.ToString());
        var operations = answer.Member("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()
                .Where(member => Methods.Contains(member.Name, StringComparer.Ordinal))
                .Select(member => new Operation(member.Name, path.Name, member.Value, answer.Body)))
            .ToList();
        operations.Count.ShouldBeGreaterThan(10, "The document describes hardly anything, so the walk would show nothing.");
        return operations;
    }

    /// <summary>Follows <c>$ref</c> inside the document.</summary>
    public JsonElement Resolve(JsonElement schema)
    {
        var found = schema;
        while (found.ValueKind == JsonValueKind.Object && found.TryGetProperty("$ref", out var reference))
        {
            found = reference.GetString()!.Split('/').Skip(1)
                .Aggregate(
                    Document,
                    (at, part) =>
                        at.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)));
        }

        return found;
    }

    /// <summary>The path with every placeholder filled in.</summary>
    public string PathWith(Func<string, string> value) =>
        string.Join('/', Path.Split('/').Select(part =>
            part.Contains('{', StringComparison.Ordinal) ? Fill(part, value) : part));

    /// <summary>Returns the path with every placeholder replaced by an escaped value.</summary>
    /// <param name="segment">Gets the path before the placeholder, and the placeholder's name.</param>
    public string TargetWith(Func<string, string, string> segment)
    {
        var (target, rest) = ("", Path);
        for (var open = rest.IndexOf('{', StringComparison.Ordinal); open >= 0; open = rest.IndexOf('{', StringComparison.Ordinal))
        {
            var close = rest.IndexOf('}', StringComparison.Ordinal);
            var before = Path[..(Path.Length - rest.Length + open)];
            target += rest[..open] + segment(before, rest[(open + 1)..close].TrimStart('*'));
            rest = rest[(close + 1)..];
        }

        return target + rest;
    }

    private static string Fill(string part, Func<string, string> value)
    {
        var open = part.IndexOf('{', StringComparison.Ordinal);
        var close = part.IndexOf('}', StringComparison.Ordinal);
        return part[..open] + Uri.EscapeDataString(value(part[(open + 1)..close].TrimStart('*'))) + part[(close + 1)..];
    }
}
