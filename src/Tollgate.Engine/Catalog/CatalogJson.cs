using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tollgate.Engine.Catalog;

/// <summary>Prints the tree as JSON. Compact output is the canonical form, which the database stores and the ETag covers.</summary>
internal static class CatalogJson
{
    public static byte[] Print(CatalogNode root, bool indented)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);

        // No page embeds this text, so letters beyond ASCII stay readable instead of becoming escapes.
        var options = new JsonWriterOptions { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            Write(writer, root);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, CatalogNode node)
    {
        switch (node)
        {
            case MapNode map:
                writer.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case ListNode list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case ScalarNode { Quoted: true } text:
                writer.WriteStringValue(text.Text);
                break;
            case ScalarNode { IsUnlimited: true }:
                writer.WriteNullValue();
                break;
            case ScalarNode raw:
                writer.WriteRawValue(raw.Text);
                break;
        }
    }
}
