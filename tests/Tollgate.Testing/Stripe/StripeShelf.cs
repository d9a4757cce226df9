using System.Globalization;
using System.Text.Json.Nodes;

namespace Tollgate.Testing.Stripe;

/// <summary>The objects of one kind, oldest first.</summary>
public sealed class StripeShelf(string kind, string prefix, JsonObject sample)
{
    private readonly List<JsonObject> _objects = [];
    private readonly Dictionary<string, JsonObject> _byId = [];

    public IEnumerable<JsonObject> All => _objects;

    public JsonObject? Find(string? id) => id is not null && _byId.TryGetValue(id, out var found) ? found : null;

    public JsonObject Get(string id, string param = "id") =>
        Find(id) ?? throw new StripeFaultException(StripeFault.NotFound(kind, id, param));

    /// <summary>Adds a copy of the fixture with its own id and time; the caller sets the rest.</summary>
    public JsonObject Add(long now, string? id = null)
    {
        var made = sample.DeepClone().AsObject();
        made["id"] = id ?? string.Create(CultureInfo.InvariantCulture, $"{prefix}_Double{_objects.Count + 1:D6}");
        made["created"] = now;
        if (made.ContainsKey("metadata"))
        {
            made["metadata"] = new JsonObject();
        }

        _objects.Add(made);
        _byId.Add(made["id"]!.GetValue<string>(), made);
        return made;
    }

    public void Rename(string id, string to)
    {
        var one = Get(id);
        _byId.Remove(id);
        one["id"] = to;
        _byId.Add(to, one);
    }

    public void Remove(JsonObject one)
    {
        _objects.Remove(one);
        _byId.Remove(one["id"]!.GetValue<string>());
    }

    /// <summary>A list as Stripe pages it: newest first.</summary>
    public JsonObject List(string url, JsonObject parameters, Func<JsonObject, bool> fits)
    {
        var limit = (int)(parameters["limit"]?.Whole() ?? 10);
        if (limit is < 1 or > 100)
        {
            throw new StripeFaultException(StripeFault.Invalid("limit", "integer"));
        }

        var found = _objects.AsEnumerable().Reverse().Where(one => fits(one) && IsWithin(one, parameters["created"])).ToList();
        if (parameters["starting_after"]?.GetValue<string>() is { } after)
        {
            var at = found.FindIndex(one => one["id"]!.GetValue<string>() == after);
            found = at < 0 ? throw new StripeFaultException(StripeFault.NotFound(kind, after, "starting_after")) : found[(at + 1)..];
        }

        return new()
        {
            ["object"] = "list",
            ["url"] = url,
            ["has_more"] = found.Count > limit,
            ["data"] = new JsonArray([.. found.Take(limit).Select(static one => one.DeepClone())]),
        };
    }

    private static bool IsWithin(JsonObject one, JsonNode? range)
    {
        var created = one["created"]!.Whole();
        return range switch
        {
            null => true,
            JsonObject bounds => created >= (bounds["gte"]?.Whole() ?? 0) && created > (bounds["gt"]?.Whole() ?? -1)
                && created <= (bounds["lte"]?.Whole() ?? long.MaxValue) && created < (bounds["lt"]?.Whole() ?? long.MaxValue),
            _ => created == range.Whole(),
        };
    }
}

public static class StripeNumbers
{
    /// <summary>A number of any .NET type.</summary>
    public static long Whole(this JsonNode number) => long.Parse(number.ToString(), CultureInfo.InvariantCulture);
}
