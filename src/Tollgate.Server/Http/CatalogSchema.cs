using System.Reflection;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Http;

/// <summary>
/// Adds <c>catalogs/catalog.schema.json</c>, which editors also use, to the OpenAPI document as the schema <see cref="Name"/>.
/// </summary>
internal static class CatalogSchema
{
    public const string Name = "Catalog";

    private const string Definitions = "$defs";

    public static void AddTo(JsonObject document)
    {
        using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream("catalog.schema.json")!;
        var catalog = (JsonObject)JsonNode.Parse(file)!;
        var schemas = (JsonObject)document["components"]!["schemas"]!;
        foreach (var (name, definition) in ((JsonObject)catalog[Definitions]!).ToList())
        {
            schemas.Add(NameOf(name), Relinked(definition));
        }

        catalog.Remove(Definitions);
        catalog.Remove("$schema");
        schemas.Add(Name, Relinked(catalog));
    }

    /// <summary>Converts <c>add_on_price</c> to <c>CatalogAddOnPrice</c>, its name in the document.</summary>
    private static string NameOf(string definition) =>
        Name + string.Concat(definition.Split('_').Select(static word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>Returns a copy whose references point to the document's schemas.</summary>
    private static JsonNode? Relinked(JsonNode? node) => node switch
    {
        JsonObject map =>
            new JsonObject(Spoken(map)
                .Select(static pair => KeyValuePair.Create(pair.Key, pair.Key == "$ref" ? Link(pair.Value!) : Relinked(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Relinked)]),
        _ => node?.DeepClone(),
    };

    /// <summary>Moves a default into the description, because generators treat a member with a <c>default</c> as always present.</summary>
    private static IEnumerable<KeyValuePair<string, JsonNode?>> Spoken(JsonObject schema) => schema["default"] is { } otherwise
        ? schema.Where(static pair => pair.Key is not ("default" or "description"))
            .Append(KeyValuePair.Create<string, JsonNode?>(
                "description",
                $"{schema["description"]} Default: {(otherwise is JsonValue ? otherwise.ToString() : otherwise.ToJsonString())}.".TrimStart()))
        : schema;

    private static JsonNode? Link(JsonNode reference) =>
        JsonValue.Create($"#/components/schemas/{NameOf(reference.GetValue<string>().Split('/')[^1])}");
}
