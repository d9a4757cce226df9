using System.Globalization;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>
/// The API as last reviewed: a committed text of all operations with their ids, parameters, bodies and answers, and of all schemas with
/// their members and closed sets. A deliberate change renews the text, and a reviewer reads the diff.
/// </summary>
[Collection(FrontDoorTests.Name)]
public sealed class OpenApiSnapshotTests(RunningServer server)
{
    private const string Renew = "TOLLGATE_RENEW_SNAPSHOTS";

    private static readonly string Kept = Path.Combine(ServerProcess.Root, "tests", "Tollgate.Server.Tests", "Http", "openapi.txt");

    [Fact]
    public async Task The_wire_is_what_the_snapshot_says()
    {
        var now = Describe((await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json).ToList();
        if (Environment.GetEnvironmentVariable(Renew) == "1")
        {
            await File.WriteAllLinesAsync(Kept, now);
        }

        var difference = Difference(await File.ReadAllLinesAsync(Kept), now);
        difference.ShouldBeEmpty(
            $"The wire has changed (- as it was, + as it is). Is that meant? Then run this test once with {Renew}=1 and commit "
                + "openapi.txt.\n"
            + string.Join('\n', difference));
    }

    [Fact]
    public void A_difference_names_what_came_and_what_went()
    {
        Difference(["GET /a", "  200 A", "GET /b", "  200 B"], ["GET /a", "  200 A", "  404 Problem", "GET /b", "  200 C"])
            .ShouldBe(["+ GET /a: 404 Problem", "- GET /b: 200 B", "+ GET /b: 200 C"]);
        Difference(["GET /a", "  200 A"], ["GET /a", "  200 A"]).ShouldBeEmpty();
        Difference(["GET /a"], []).ShouldBe(["- GET /a"]);
    }

    /// <summary>A line for each operation and schema, and an indented line for each of their parts.</summary>
    private static IEnumerable<string> Describe(JsonElement document)
    {
        foreach (var path in document.GetProperty("paths").EnumerateObject().OrderBy(path => path.Name, StringComparer.Ordinal))
        {
            foreach (var method in path.Value.EnumerateObject().OrderBy(method => method.Name, StringComparer.Ordinal))
            {
                yield return $"{method.Name.ToUpperInvariant()} {path.Name}";
                foreach (var line in OperationLines(method.Value))
                {
                    yield return "  " + line;
                }
            }
        }

        foreach (var schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            .OrderBy(schema => schema.Name, StringComparer.Ordinal))
        {
            yield return $"schema {schema.Name}";
            if (schema.Value.TryGetProperty("properties", out var members))
            {
                foreach (var member in members.EnumerateObject())
                {
                    yield return $"  {member.Name}: {TypeOf(member.Value)}";
                }
            }
        }
    }

    private static IEnumerable<string> OperationLines(JsonElement operation)
    {
        yield return $"id {operation.GetProperty("operationId").GetString()}";
        if (operation.TryGetProperty("parameters", out var parameters))
        {
            foreach (var parameter in parameters.EnumerateArray())
            {
                var isRequired = parameter.TryGetProperty("required", out var required) && required.GetBoolean();
                yield return $"{parameter.GetProperty("in").GetString()} {parameter.GetProperty("name").GetString()}{(isRequired ? "" : "?")}{WordsOf(parameter.GetProperty("schema"))}";
            }
        }

        if (operation.TryGetProperty("requestBody", out var body))
        {
            foreach (var content in Contents(body))
            {
                yield return $"body {content}";
            }
        }

        foreach (var answer in operation.GetProperty("responses").EnumerateObject().OrderBy(answer => answer.Name, StringComparer.Ordinal))
        {
            foreach (var content in Contents(answer.Value).DefaultIfEmpty("nothing"))
            {
                yield return $"{answer.Name} {content}";
            }
        }
    }

    private static IEnumerable<string> Contents(JsonElement part) => part.TryGetProperty("content", out var content)
        ? content.EnumerateObject()
            .Select(media => $"{media.Name} {(media.Value.TryGetProperty("schema", out var schema) ? TypeOf(schema) : "-")}")
        : [];

    private static string TypeOf(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            return reference.GetString()![(reference.GetString()!.LastIndexOf('/') + 1)..];
        }

        foreach (var choice in new[] { "oneOf", "anyOf", "allOf" })
        {
            if (schema.TryGetProperty(choice, out var parts))
            {
                return string.Join(" | ", parts.EnumerateArray().Select(TypeOf));
            }
        }

        if (schema.TryGetProperty("items", out var items))
        {
            return $"[{TypeOf(items)}]{(IsNullable(schema) ? " | null" : "")}";
        }

        if (schema.TryGetProperty("additionalProperties", out var values) && values.ValueKind == JsonValueKind.Object)
        {
            return $"{{{TypeOf(values)}}}{(IsNullable(schema) ? " | null" : "")}";
        }

        var type = !schema.TryGetProperty("type", out var plain) ? "any"
            : plain.ValueKind == JsonValueKind.Array
            ? string.Join(" | ", plain.EnumerateArray().Select(one => one.GetString()).Order(StringComparer.Ordinal))
            : plain.GetString()!;
        return schema.TryGetProperty("format", out var format) ? $"{type} ({format.GetString()})" : type + WordsOf(schema);
    }

    /// <summary>The words of a closed set.</summary>
    private static string WordsOf(JsonElement schema) =>
        schema.TryGetProperty("enum", out var words)
            ? $" = {string.Join(' ', words.EnumerateArray().Select(static one => one.GetString()).OfType<string>())}"
            : "";

    private static bool IsNullable(JsonElement schema) =>
        schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Array
            && type.EnumerateArray().Any(one => one.GetString() == "null");

    /// <summary>The lines that only one side has, each with its operation or schema, in the order of the text.</summary>
    private static List<string> Difference(IEnumerable<string> kept, IEnumerable<string> now)
    {
        var (old, fresh) = (Whole(kept), Whole(now));
        return
        [
            .. old.Except(fresh).Select(line => (Line: line, Sign: "-")).Concat(fresh.Except(old).Select(line => (Line: line, Sign: "+")))
                .OrderBy(change => change.Line.Split(": ")[0], StringComparer.Ordinal).ThenByDescending(change => change.Sign == "-")
                .Select(change => string.Create(CultureInfo.InvariantCulture, $"{change.Sign} {change.Line}")),
        ];
    }

    private static List<string> Whole(IEnumerable<string> lines)
    {
        var head = "";
        var whole = new List<string>();
        foreach (var line in lines)
        {
            head = line.StartsWith("  ", StringComparison.Ordinal) ? head : line;
            whole.Add(head == line ? line : $"{head}: {line.Trim()}");
        }

        return whole;
    }
}
