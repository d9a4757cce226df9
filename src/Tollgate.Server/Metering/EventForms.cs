using System.Buffers;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Metering;

/// <summary>The accepted forms of an event: Tollgate's own, and CloudEvents 1.0 in structured or binary mode.</summary>
internal static class EventForms
{
    public static readonly JsonReaderOptions Strict = new() { MaxDepth = Http.WireLimits.JsonDepth };

    /// <summary>The members of <see cref="Plain"/>.</summary>
    private static readonly string[] Members = ["id", "customer", "type", "quantity", "occurred_at", "properties"];

    /// <summary>
    /// Reads one value into <paramref name="fields"/>. The reader is on the value's first token before, and on its last afterwards.
    /// </summary>
    public delegate void Form(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, EventFields fields);

    /// <summary>Reads one event; null: it has faults, which <paramref name="fields"/> lists. Throws if it is not JSON.</summary>
    public static EventOrder? Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, EventFields fields, Form form, string? fallbackId)
    {
        fields.Reset();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            fields.Add("", FaultCode.InvalidType, "An event is an object.");
            reader.Skip();
            return null;
        }

        var (start, depth) = ((int)reader.TokenStartIndex, reader.CurrentDepth);
        try
        {
            form(ref reader, json, fields);
            return fields.ToOrder(fallbackId);
        }
        catch (InvalidOperationException)
        {
            // A name that is not valid text cannot be compared with the known names. The next event begins after this one's end.
            while (reader.TokenType != JsonTokenType.EndObject || reader.CurrentDepth > depth)
            {
                reader.Read();
            }

            var at = WellFormed.FaultIn(json[start..(int)reader.BytesConsumed]);
            fields.Reset();
            fields.Add("", FaultCode.InvalidFormat, $"Byte {start + at + 1}: {Problems.NotUnicode}");
            return null;
        }
    }

    /// <summary><c>{id, customer, type, quantity, occurred_at, properties}</c>; other members are a fault.</summary>
    public static void Plain(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, EventFields fields)
    {
        var seen = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var member = reader.ValueTextEquals("id"u8) ? 1
                : reader.ValueTextEquals("customer"u8) ? 2
                : reader.ValueTextEquals("type"u8) ? 4
                : reader.ValueTextEquals("quantity"u8) ? 8
                : reader.ValueTextEquals("occurred_at"u8) ? 16
                : reader.ValueTextEquals("properties"u8) ? 32
                : 0;
            if (member == 0 || (seen & member) != 0)
            {
                Refuse(ref reader, fields, member == 0);
                continue;
            }

            seen |= member;
            reader.Read();
            switch (member)
            {
                case 1: fields.ReadId(ref reader); break;
                case 2: fields.ReadCustomer(ref reader); break;
                case 4: fields.ReadType(ref reader); break;
                case 8: fields.ReadQuantity(ref reader); break;
                case 16: fields.ReadTime(ref reader); break;
                default: fields.ReadProperties(ref reader, json); break;
            }
        }
    }

    /// <summary>
    /// CloudEvents JSON format: subject is the customer, time occurred_at, data.quantity the quantity and the rest of data the properties.
    /// The specification allows other attributes, which Tollgate does not store.
    /// </summary>
    public static void CloudEvent(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, EventFields fields)
    {
        var hasVersion = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                fields.ReadId(ref reader);
            }
            else if (reader.ValueTextEquals("subject"u8))
            {
                reader.Read();
                fields.ReadCustomer(ref reader, "subject");
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                fields.ReadType(ref reader);
            }
            else if (reader.ValueTextEquals("time"u8))
            {
                reader.Read();
                fields.ReadTime(ref reader, "time");
            }
            else if (reader.ValueTextEquals("specversion"u8))
            {
                reader.Read();
                hasVersion = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("1.0"u8);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                Data(ref reader, json, fields);
            }
            else
            {
                if (reader.ValueTextEquals("data_base64"u8))
                {
                    fields.Add("data_base64", FaultCode.InvalidType, "Send data as a JSON object.");
                }

                reader.Skip();
            }
        }

        if (!hasVersion)
        {
            fields.Add("specversion", FaultCode.InvalidValue, "Tollgate reads CloudEvents 1.0: specversion must be 1.0.");
        }
    }

    /// <summary>The data of a CloudEvent: it takes the quantity, and everything else becomes the properties unchanged.</summary>
    public static void Data(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, EventFields fields)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            fields.Add("data", FaultCode.InvalidType, "An object is expected.");
            reader.Skip();
            return;
        }

        var rest = new ArrayBufferWriter<byte>();
        var good = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("quantity"u8))
            {
                reader.Read();
                fields.ReadQuantity(ref reader, "data.quantity");
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            good &= fields.Walk(ref reader, "data");
            reader.Read();
            good &= fields.Walk(ref reader, "data");
            rest.Write(rest.WrittenCount == 0 ? "{"u8 : ","u8);
            rest.Write(json[start..(int)reader.BytesConsumed]);
        }

        if (rest.WrittenCount > 0 && good)
        {
            rest.Write("}"u8);
            fields.SetProperties(rest.WrittenSpan, "data");
        }
    }

    private static void Refuse(ref Utf8JsonReader reader, EventFields fields, bool unknown)
    {
        if (fields.IsFull)
        {
            reader.Skip();
            return;
        }

        string name;
        try
        {
            name = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            name = "?";
        }

        fields.Add(Spelling.Shown(name), unknown ? FaultCode.UnknownField : FaultCode.DuplicateField,
            unknown
                ? Spelling.Unknown("field", name, Members) + Spelling.Known("fields", Members)
                : $"The field '{Spelling.Shown(name)}' appears twice.");
        reader.Skip();
    }
}
