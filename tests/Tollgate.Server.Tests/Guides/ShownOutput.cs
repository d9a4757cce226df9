using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tollgate.Server.Tests.Guides;

/// <summary>
/// Compares an output with the one that a guide shows. <c>…</c> stands for an omission in the guide: any text inside of a line or a JSON
/// string, any value of a member, any lines where it is alone on its own, any further members or elements before a closing bracket.
/// </summary>
public static class ShownOutput
{
    private const string Rest = "…";

    /// <summary>Null if the end of the output matches the guide; otherwise the difference.</summary>
    public static string? Difference(string shown, string output, bool isJson) =>
        isJson ? JsonDifference(shown, output) : TextDifference(shown, output);

    private static string? TextDifference(string shown, string output)
    {
        var lines = shown.TrimEnd('\n').Split('\n')
            .Select(static line => line.Trim() == Rest ? "(?:.*\n)*?" : Pattern(line.TrimEnd()) + " *\n");
        return Regex.IsMatch(output.TrimEnd('\n') + "\n", $@"(?:\A|\n){string.Concat(lines)}\z", RegexOptions.CultureInvariant)
            ? null
            : $"The guide shows\n{shown}but the output is\n{output}";
    }

    private static string? JsonDifference(string shown, string output)
    {
        var closed = Regex.Replace(Regex.Replace(shown, $@",\s*{Rest}\s*\}}", $", \"{Rest}\": 0}}"), $@"([,:]\s*){Rest}", $"$1\"{Rest}\"");
        var difference = Compare("$", JsonNode.Parse(closed), LastJson(output));
        return difference is null ? null : $"{difference}\nThe output is\n{output}";
    }

    /// <summary>Answers of the API are one line; the command line prints indented JSON, which begins at the left.</summary>
    private static JsonNode? LastJson(string output)
    {
        var lines = output.TrimEnd('\n').Split('\n');
        for (var from = lines.Length - 1; from >= 0; from--)
        {
            if (lines[from].StartsWith('{') || lines[from].StartsWith('['))
            {
                return JsonNode.Parse(string.Join('\n', lines[from..]));
            }
        }

        return null;
    }

    private static string? Compare(string path, JsonNode? shown, JsonNode? actual) => (shown, actual) switch
    {
        (JsonObject expected, JsonObject found) => CompareObjects(path, expected, found),
        (JsonArray expected, JsonArray found) => CompareArrays(path, expected, found),
        (JsonValue any, not null) when TextOf(any) == Rest => null,
        _ when IsSame(shown, actual) => null,
        _ => $"{path}: the guide shows {shown?.ToJsonString() ?? "null"}, there is {actual?.ToJsonString() ?? "null"}.",
    };

    private static bool IsSame(JsonNode? shown, JsonNode? actual) =>
        shown is JsonValue expected && TextOf(expected) is { } text && actual is JsonValue found && TextOf(found) is { } other
            ? Regex.IsMatch(other, $@"\A{Pattern(text)}\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)
            : JsonNode.DeepEquals(shown, actual);

    private static string? CompareObjects(string path, JsonObject shown, JsonObject actual)
    {
        var isPart = shown.ContainsKey(Rest);
        var unseen = actual.Select(static member => member.Key).Where(name => !isPart && !shown.ContainsKey(name)).ToList();
        return unseen.Count > 0
            ? $"{path}: the guide does not show {string.Join(", ", unseen)}, and no … says that there is more."
            : shown.Where(static member => member.Key != Rest)
                .Select(member => actual.TryGetPropertyValue(member.Key, out var found)
                    ? Compare($"{path}.{member.Key}", member.Value, found)
                    : $"{path}: there is no {member.Key}.")
                .FirstOrDefault(static one => one is not null);
    }

    private static string? CompareArrays(string path, JsonArray shown, JsonArray actual)
    {
        var isPart = shown.Count > 0 && shown[^1] is JsonValue last && TextOf(last) == Rest;
        var count = isPart ? shown.Count - 1 : shown.Count;
        var isOther = isPart ? actual.Count < count : actual.Count != count;
        return isOther
            ? $"{path}: the guide shows {count} elements, there are {actual.Count}."
            : Enumerable.Range(0, count).Select(i => Compare($"{path}[{i}]", shown[i], actual[i]))
                .FirstOrDefault(static one => one is not null);
    }

    private static string? TextOf(JsonValue value) => value.TryGetValue<string>(out var text) ? text : null;

    private static string Pattern(string text) => Regex.Escape(text).Replace(Rest, ".*", StringComparison.Ordinal);
}
