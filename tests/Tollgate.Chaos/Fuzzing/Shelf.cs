using System.Text.Json;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>
/// The content of earlier answers: ids of created objects, by the path under which they are found, and texts by the name of their member.
/// With it the next call can name an existing object.
/// </summary>
public sealed class Shelf(Random random)
{
    private const int Most = 40;
    private const int Deepest = 4;

    private readonly Dictionary<string, List<string>> _texts = [];
    private readonly Dictionary<string, List<string>> _ids = [];

    public void Note(Operation operation, JsonElement answer)
    {
        var home = operation.Path.Split("/{")[0];
        foreach (var thing in answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("data", out var data)
            && data.ValueKind == JsonValueKind.Array ? data.EnumerateArray().Take(Most) : [answer])
        {
            foreach (var name in (string[])["id", "code", "provider"])
            {
                if (thing.ValueKind == JsonValueKind.Object && thing.TryGetProperty(name, out var id)
                    && id.ValueKind == JsonValueKind.String)
                {
                    Add(_ids, home, id.GetString()!);
                    break;
                }
            }

            NoteTexts(thing, 0);
        }
    }

    /// <summary>Returns the id of an object under a path, or null.</summary>
    /// <param name="before">The path in the document, up to the placeholder.</param>
    public string? Id(string before, string placeholder)
    {
        var collection = before.TrimEnd('/').Split('/')[^1];
        return Any(_ids, before.Split("/{")[0].TrimEnd('/')) is { } id && !before.Contains('{', StringComparison.Ordinal) ? id
            : Text(collection.TrimEnd('s')) ?? Text(placeholder) ?? Any(_ids, before.TrimEnd('/'));
    }

    /// <summary>Returns a text that a member of this name had, or null.</summary>
    public string? Text(string member) => Any(_texts, member) ?? Any(_ids, $"/v1/{member}s");

    private void NoteTexts(JsonElement value, int depth)
    {
        if (depth > Deepest || value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return;
        }

        foreach (var (name, member) in value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject().Select(static one => (one.Name, one.Value))
            : value.EnumerateArray().Take(3).Select(static one => ("", one)))
        {
            if (member.ValueKind == JsonValueKind.String && name.Length > 0 && member.GetString() is { Length: > 0 and < 300 } text)
            {
                Add(_texts, name, text);
            }
            else
            {
                NoteTexts(member, depth + 1);
            }
        }
    }

    private void Add(Dictionary<string, List<string>> to, string key, string text)
    {
        if (!to.TryGetValue(key, out var known))
        {
            to[key] = known = [];
        }

        if (known.Contains(text))
        {
            return;
        }

        if (known.Count < Most)
        {
            known.Add(text);
        }
        else
        {
            known[random.Next(Most)] = text;
        }
    }

    private string? Any(Dictionary<string, List<string>> from, string key) =>
        from.TryGetValue(key, out var known) ? known[random.Next(known.Count)] : null;
}
