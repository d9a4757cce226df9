using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>
/// Makes request bodies and parameters from a schema: mostly valid ones, with one part or more replaced by something that no client should
/// send. Writes text, not nodes, because it also makes duplicate keys and broken JSON.
/// </summary>
/// <param name="shelf">The existing objects: about half of the calls name one.</param>
public sealed class Fuzzer(Operation operation, Random random, Shelf shelf)
{
    private const int Deepest = 6;

    /// <summary>A target for calls that the server itself makes, which must reach no one.</summary>
    private const string NobodyThere = "http://127.0.0.1:9";

    private static readonly string[] Texts =
    [
        "", " ", "a", "null", "0", "-1", "true", "units", "thousand", "small", "customer-1", "..", "../../etc/passwd", "%00", "%2e%2e%2f",
        "'; DROP TABLE balances; --", "\u0000", "a\u0000b", "\u202e\u0000", "\ud83d\ude00", "e\u0301", "\u00e9", "\ufeffbom", "İ", "ß",
        "2026-02-30T00:00:00Z", "2026-11-21T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-21T00:00:00+99:00",
        "00000000-0000-0000-0000-000000000000", "018f0000-0000-7000-8000-000000000000", "{{7*7}}", "<script>", "\\u0000",
        "\r\nX-Injected: 1",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "7", "0.1", "1e0", "1E+2", "0.000000001", "0.0000000001", "1e-400", "1e400", "-1e400", "2147483648",
        "9223372036854775808",
        "999999999999999999", "1000000000000000000", "79228162514264337593543950336", "1.7976931348623157e308", "0.30000000000000004",
        "123456789012345678901234567890123456789012345678901234567890",
    ];

    /// <summary>Characters and words with a meaning in YAML, and invalid escapes.</summary>
    private static readonly string[] Marks =
    [
        "[", "]", "{", "}", ":", ": ", "- ", "#", "&a ", "*a", "!", "!!binary ", "|", ">", "'", "\"", "%", "@", "`", "?", "\t", "\n", "\r",
        "\n\n", ",", "\\", "\"\\UFFFFFFFF\"", "\"\\uD800\"", "\"\\x00\"", "\"\\0\"",
        "\"\\q\"", "---\n", "...\n", "<<: *a", "\u2028", "\ufeff", "\u0085", "~", "0x1F", "1e999", "-.inf", "9999999999999999999999", "-1",
        "\u00e9", "  ",
    ];

    private static readonly string CatalogueText = File.ReadAllText(
        Path.Combine(Tollgate.Testing.ServerProcess.Root, "catalogs", "resume-ats.yaml"));

    private static readonly string[] Others = ["null", "true", "false", "[]", "{}", "[[]]", "[null]", "\"\"", "{\"\":\"\"}"];

    /// <summary>Returns a body of the type for the operation, or one of another kind.</summary>
    public string Body(string mediaType) => mediaType switch
    {
        _ when mediaType.Contains("yaml", StringComparison.Ordinal) => Yaml(),
        _ when mediaType.Contains("ndjson", StringComparison.Ordinal) || mediaType.Contains("jsonl", StringComparison.Ordinal) =>
            string.Join('\n', Enumerable.Range(0, random.Next(1, 12)).Select(_ => Json())),
        "application/cloudevents+json" => CloudEvent(),
        "application/cloudevents-batch+json" => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => CloudEvent()))}]",
        _ => Json(),
    };

    /// <summary>Returns the documented body with the names of existing objects: for a chain of calls that succeed.</summary>
    /// <remarks>No catalogue: the documented one has none of the features that the other calls use.</remarks>
    public string? ValidBody() => operation.Name != "PUT /v1/catalog" && operation.BodyExample is { } example ? Living(example, "") : null;

    /// <summary>A valid catalogue in which characters with a meaning in YAML are replaced.</summary>
    private string Yaml()
    {
        var text = new StringBuilder(CatalogueText);
        for (var changes = random.Next(6); changes > 0; changes--)
        {
            var (at, mark) = (random.Next(text.Length), Marks[random.Next(Marks.Length)]);
            _ = random.Next(3) switch
            {
                0 => text.Insert(at, mark),
                1 => text.Remove(at, Math.Min(random.Next(1, 40), text.Length - at)),
                _ => text.Remove(at, 1).Insert(at, mark),
            };
        }

        return random.Next(20) == 0 ? text.ToString(0, random.Next(text.Length)) : text.ToString();
    }

    private string CloudEvent()
    {
        var data = random.Next(3) == 0 ? Anything(0) : $"{{\"quantity\":{Numbers[random.Next(Numbers.Length)]},{Text()}:{Anything(1)}}}";
        string[] members = ["\"specversion\":\"1.0\"", $"\"id\":{Text()}", "\"source\":\"/fuzz\"",
            $"\"subject\":{Leaf("customer", Text())}", "\"type\":\"unlimited\"", $"\"data\":{data}", $"{Text()}:{Anything(0)}",
            $"\"time\":{Text()}"];
        return $"{{{string.Join(',', members.Where(_ => random.Next(6) > 0))}}}";
    }

    private string Json()
    {
        var schema = operation.BodySchema;
        if (random.Next(25) == 0)
        {
            return Wreck();
        }

        var text = operation.BodyExample is { } example && random.Next(2) == 0
            ? Mutate(example, "")
            : schema.ValueKind == JsonValueKind.Object ? Value(schema, 0) : Anything(0);
        return random.Next(30) == 0 ? text[..random.Next(text.Length)] : text;
    }

    /// <summary>A value for a path or query parameter.</summary>
    public string Parameter()
    {
        var raw = random.Next(4) switch
        {
            0 => Numbers[random.Next(Numbers.Length)],
            1 => new string('x', random.Next(1, 3_000)),
            _ => Texts[random.Next(Texts.Length)],
        };

        // An empty segment would be another path, whose answer does not matter here.
        return raw.Length == 0 ? "-" : raw;
    }

    /// <summary>Returns the escaped value of a placeholder in the path; mostly the id of an existing object.</summary>
    public string Segment(string before, string placeholder) => random.Next(20) switch
    {
        0 => Hostile.Segment(random),
        < 4 => Uri.EscapeDataString(Parameter()),
        _ => Uri.EscapeDataString(shelf.Id(before, placeholder) ?? Parameter()),
    };

    /// <summary>A value for a parameter of the query.</summary>
    public string QueryValue(string name) => random.Next(3) == 0 && shelf.Text(name) is { } known ? known : Parameter();

    private string Wreck() => random.Next(7) switch
    {
        0 => "",
        1 => "{",
        2 => string.Concat(Enumerable.Repeat("[", 2_000)),
        3 => string.Concat(Enumerable.Repeat("{\"a\":", 2_000)),
        4 => "\u0000\u0001\u0002",
        5 => "{\"customer\": \"a\"} trailing",
        _ => $"\"{new string('a', 300_000)}\"",
    };

    private string Value(JsonElement given, int depth)
    {
        var schema = operation.Resolve(given);
        if (random.Next(8) == 0 || depth > Deepest || schema.ValueKind != JsonValueKind.Object)
        {
            return Anything(depth);
        }

        foreach (var choice in (string[])["oneOf", "anyOf", "allOf"])
        {
            if (schema.TryGetProperty(choice, out var choices) && choices.GetArrayLength() > 0)
            {
                return Value(choices[random.Next(choices.GetArrayLength())], depth + 1);
            }
        }

        if (schema.TryGetProperty("enum", out var words) && random.Next(3) > 0)
        {
            return words[random.Next(words.GetArrayLength())].GetRawText();
        }

        return TypeOf(schema) switch
        {
            "object" => Object(schema, depth),
            "array" => Array(schema, depth),
            "integer" or "number" => Numbers[random.Next(Numbers.Length)],
            "boolean" => random.Next(2) == 0 ? "true" : "false",
            "string" => Text(),
            _ => Anything(depth),
        };
    }

    private string TypeOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type))
        {
            return schema.TryGetProperty("properties", out _) ? "object" : "";
        }

        return type.ValueKind == JsonValueKind.Array ? type[random.Next(type.GetArrayLength())].GetString()! : type.GetString()!;
    }

    private string Object(JsonElement schema, int depth)
    {
        var members = new List<string>();
        if (schema.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
            {
                // Most are present, some are missing, a few appear twice.
                for (var times = random.Next(20) switch { 0 or 1 => 0, 2 => 2, _ => 1 }; times > 0; times--)
                {
                    members.Add($"{Quote(property.Name)}:{Leaf(property.Name, Value(property.Value, depth + 1))}");
                }
            }
        }

        if (random.Next(8) == 0 || members.Count == 0)
        {
            members.Add($"{Text()}:{Anything(depth + 1)}");
        }

        return $"{{{string.Join(',', members)}}}";
    }

    private string Array(JsonElement schema, int depth)
    {
        var count = random.Next(20) == 0 ? 500 : random.Next(0, 4);
        var items = schema.TryGetProperty("items", out var item) ? item : default;
        return $"[{string.Join(',', Enumerable.Range(0, count).Select(_ => Value(items, depth + 1)))}]";
    }

    // Walks a valid example and spoils single parts of it.
    private string Mutate(JsonElement node, string name)
    {
        if (random.Next(10) == 0)
        {
            return Anything(2);
        }

        switch (node.ValueKind)
        {
            case JsonValueKind.Object:
                var members = node.EnumerateObject().Where(_ => random.Next(15) > 0)
                    .Select(member => $"{Quote(member.Name)}:{Mutate(member.Value, member.Name)}").ToList();
                if (random.Next(12) == 0)
                {
                    members.Add($"{Text()}:{Anything(2)}");
                }

                return $"{{{string.Join(',', members)}}}";
            case JsonValueKind.Array:
                return $"[{string.Join(',', node.EnumerateArray().Select(one => Mutate(one, name)))}]";
            default:
                return Leaf(name, node.GetRawText());
        }
    }

    private string Living(JsonElement node, string name) => node.ValueKind switch
    {
        JsonValueKind.Object =>
            $"{{{string.Join(',', node.EnumerateObject().Select(member => $"{Quote(member.Name)}:{Living(member.Value, member.Name)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', node.EnumerateArray().Select(one => Living(one, name)))}]",
        JsonValueKind.String when name is "base_url" or "url" => Quote(NobodyThere),
        JsonValueKind.String when name is not ("type" or "kind" or "currency" or "id" or "reason") && shelf.Text(name) is { } known =>
            Quote(known),
        _ => node.GetRawText(),
    };

    /// <summary>An existing value of this name in about half of the cases.</summary>
    private string Leaf(string name, string otherwise) =>
        name is "base_url" or "url" && otherwise.Contains("://", StringComparison.Ordinal) ? Quote(NobodyThere)
            : random.Next(2) == 0 && shelf.Text(name) is { } known ? Quote(known)
            : otherwise;

    private string Anything(int depth) => random.Next(depth > Deepest ? 3 : 5) switch
    {
        0 => Text(),
        1 => Numbers[random.Next(Numbers.Length)],
        2 => Others[random.Next(Others.Length)],
        3 => $"[{Anything(depth + 1)}]",
        _ => $"{{{Text()}:{Anything(depth + 1)}}}",
    };

    private string Text() => random.Next(30) switch
    {
        0 => Quote(new string('y', random.Next(200, 20_000))),
        1 => "\"\\ud800\"",
        2 => "\"\\u0000\"",
        3 => "\"a\\udfff\\ud800b\"",
        _ => Quote(Texts[random.Next(Texts.Length)]),
    };

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var unit in text)
        {
            _ = unit is '"' or '\\' || char.IsControl(unit)
                ? quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}")
                : quoted.Append(unit);
        }

        return quoted.Append('"').ToString();
    }
}
