using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Catalog;

namespace Tollgate.Engine.Customers;

/// <summary>
/// How add-ons are stored with a subscription and its customer: <c>[{"quantity": 2, "add_on": {…}}]</c>, the add-on as it was bought.
/// </summary>
internal static class AddOnText
{
    public const string None = "[]";

    public static string Write(IReadOnlyList<HeldAddOn> held)
    {
        if (held.Count == 0)
        {
            return None;
        }

        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartArray();
            foreach (var (addOn, quantity) in held)
            {
                json.WriteStartObject();
                json.WriteNumber("quantity", quantity);
                json.WritePropertyName("add_on");
                json.WriteRawValue(CatalogWriter.ToStoredJson(addOn));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    public static IReadOnlyList<HeldAddOn> Read(string json)
    {
        if (json == None)
        {
            return [];
        }

        using var document = JsonDocument.Parse(json);
        return
        [
            .. document.RootElement.EnumerateArray().Select(static one => new HeldAddOn(
                CatalogReader.ReadStoredAddOn(System.Text.Encoding.UTF8.GetBytes(one.GetProperty("add_on").GetRawText())),
                one.GetProperty("quantity").GetInt64())),
        ];
    }

    /// <summary>The same add-ons in the same amounts, whatever the text looks like: jsonb orders members its own way.</summary>
    public static bool AreSame(string json, IReadOnlyList<HeldAddOn> held) =>
        Read(json).Select(static one => (one.AddOn.Code, one.Quantity))
            .SequenceEqual(held.Select(static one => (one.AddOn.Code, one.Quantity)));
}
