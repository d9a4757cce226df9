using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Core;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Encrypts the texts of an event with its customer's key, and decrypts them: properties, except those that SQL reads, and the request
/// behind the use. The text is <c>{"props": …, "from": …}</c>, bound to the event; <see cref="EventData.Box"/> is the number of the key, a
/// dot, and base64 of the ciphertext (AES-256-GCM).
/// </summary>
internal static class SealedTexts
{
    /// <summary>Stands for the text of a call's error: costs count calls that have one.</summary>
    private const string HiddenError = "encrypted";

    private const string Error = "error";

    /// <summary>Encrypts the texts of a use, if its project wants that.</summary>
    public static EventData Seal(UseOp op, AccountState account, EventData data)
    {
        if (!op.Project.EncryptsUsage || !op.HasTexts)
        {
            return data;
        }

        Invariant.That(account.UsageKey is not null, $"Usage of {op.Customer} has no key, and must not be stored readable.");
        return Seal(data, account.UsageKey!, new(account.Partition, account.Key, op.Key.Id), op.Readable);
    }

    /// <param name="readable">Properties that stay as they are; null: none.</param>
    public static EventData Seal(EventData data, UsageKey key, in EventPlace place, IReadOnlySet<string>? readable)
    {
        var isCall = data.ComputedJson is not null;
        var (kept, hidden) = data.PropertiesJson is not { } own ? (null, null)
            : readable is null && !isCall && own.Length > "{ }".Length ? (null, own)
            : Split(own, readable, isCall);
        if (hidden is null && data.OriginJson is null)
        {
            return data;
        }

        // Both are JSON already. A batch seals thousands of events, so it parses none whose properties are all hidden.
        var text = data.OriginJson is null ? $"{{\"props\":{hidden}}}"
            : hidden is null ? $"{{\"from\":{data.OriginJson}}}"
            : $"{{\"props\":{hidden},\"from\":{data.OriginJson}}}";
        var box = Convert.ToBase64String(Aead.Close(key.Secret.Span, Encoding.UTF8.GetBytes(text), Bound(place)));
        return data with
        {
            PropertiesJson = kept, OriginJson = null, Box = string.Create(CultureInfo.InvariantCulture, $"{key.Number}.{box}"),
        };
    }

    /// <summary>Returns the event with its texts; without those that no key opens, as <see cref="EventData.IsLocked"/>.</summary>
    public static EventData Open(EventData data, KnownUsageKeys keys, in EventPlace place)
    {
        if (data.Box is not { } box)
        {
            return data;
        }

        if (!TryRead(box, out var number, out var closed)
            || keys.Find(place, number) is not { } key || Aead.Open(key.Secret.Span, closed, Bound(place)) is not { } text)
        {
            return data with { Box = null, IsLocked = true };
        }

        using var document = JsonDocument.Parse(text);
        return data with
        {
            Box = null,
            PropertiesJson = document.RootElement.TryGetProperty("props", out var hidden)
                ? JsonbText.Merge(data.PropertiesJson, hidden)
                : data.PropertiesJson,
            OriginJson = document.RootElement.TryGetProperty("from", out var from) ? JsonbText.Of(from) : data.OriginJson,
        };
    }

    /// <returns>False: somebody damaged the text.</returns>
    private static bool TryRead(string box, out short number, out ReadOnlySpan<byte> closed)
    {
        var dot = Math.Max(0, box.IndexOf('.', StringComparison.Ordinal));
        var bytes = new byte[box.Length];
        var isWhole = short.TryParse(box.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            & Convert.TryFromBase64Chars(box.AsSpan(dot + 1 > box.Length ? dot : dot + 1), bytes, out var written);
        closed = bytes.AsSpan(0, written);
        return isWhole;
    }

    private static (string? Kept, string? Hidden) Split(string properties, IReadOnlySet<string>? readable, bool isCall)
    {
        using var document = JsonDocument.Parse(properties);
        var (kept, hidden) = (new List<JsonProperty>(), new List<JsonProperty>());
        foreach (var member in document.RootElement.EnumerateObject())
        {
            (readable?.Contains(member.Name) is true ? kept : hidden).Add(member);
        }

        if (hidden.Count == 0)
        {
            return (properties, null);
        }

        var hasError = isCall && hidden.Exists(static member => member.NameEquals(Error));
        return (kept.Count == 0 && !hasError ? null : Text(kept, hasError), Text(hidden, false));
    }

    private static string Text(List<JsonProperty> members, bool marksError)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, PlainJson.Writer))
        {
            json.WriteStartObject();
            foreach (var member in members)
            {
                member.WriteTo(json);
            }

            if (marksError)
            {
                json.WriteString(Error, HiddenError);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static byte[] Bound(in EventPlace place) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{place.Partition}/{place.Account}/{place.Id:D}"));
}
