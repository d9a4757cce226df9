using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Catalog;

namespace Tollgate.Engine.Customers;

/// <summary>
/// The format in which a subscription and its customer store add-ons: <c>[{"quantity": 2, "add_on": {…}}]</c>, each add-on as the customer
/// bought it.
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

    /// <summary>
    /// True if both have the same add-ons in the same quantities. The text may differ, since jsonb has its own order of members.
    /// </summary>
    public static bool AreSame(string json, IReadOnlyList<HeldAddOn> held) =>
        Read(json).Select(static one => (one.AddOn.Code, one.Quantity))
            .SequenceEqual(held.Select(static one => (one.AddOn.Code, one.Quantity)));
}
