using System.Reflection;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Http;

/// <summary>
/// Puts <c>catalogs/catalog.schema.json</c>, which editors use too, into the OpenAPI document as the schema <see cref="Name"/>.
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

    /// <summary><c>add_on_price</c> is <c>CatalogAddOnPrice</c> in the document.</summary>
    private static string NameOf(string definition) =>
        Name + string.Concat(definition.Split('_').Select(static word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>A copy whose references lead to the document's schemas.</summary>
    private static JsonNode? Relinked(JsonNode? node) => node switch
    {
        JsonObject map =>
            new JsonObject(Spoken(map)
                .Select(static pair => KeyValuePair.Create(pair.Key, pair.Key == "$ref" ? Link(pair.Value!) : Relinked(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Relinked)]),
        _ => node?.DeepClone(),
    };

    /// <summary>
    /// A default is said in the description: generators take a member with a <c>default</c> for one that is always there.
    /// </summary>
    private static IEnumerable<KeyValuePair<string, JsonNode?>> Spoken(JsonObject schema) => schema["default"] is { } otherwise
        ? schema.Where(static pair => pair.Key is not ("default" or "description"))
            .Append(KeyValuePair.Create<string, JsonNode?>(
                "description",
                $"{schema["description"]} Default: {(otherwise is JsonValue ? otherwise.ToString() : otherwise.ToJsonString())}.".TrimStart()))
        : schema;

    private static JsonNode? Link(JsonNode reference) =>
        JsonValue.Create($"#/components/schemas/{NameOf(reference.GetValue<string>().Split('/')[^1])}");
}
