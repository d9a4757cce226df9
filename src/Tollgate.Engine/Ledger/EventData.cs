using System.Buffers;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// The contents of an event's <c>data</c> column, beside its other columns. Most events have none: one feature whose code is the type, no
/// properties, a generated or UUID id, recorded when it happened. Keys: <c>id</c> the caller's id text · <c>type</c> if it is not the
/// feature's code · <c>at</c> recorded_at in microseconds if the caller gave occurred_at · <c>props</c> the caller's properties ·
/// <c>calc</c> values that the server computed, such as a cost · <c>plan</c> with it the customer's plan · <c>from</c> the request behind
/// the use · <c>by</c> the member of the customer that did it · <c>post</c> all postings if the columns do not contain them: [feature,
/// period start, used, drawn] · <c>burn</c> [grant, amount] · <c>out</c> the outcome if it was not plain · <c>hold</c> a settle ·
/// <c>late</c> a settle after expiry · <c>void</c> the id that is reversed · <c>raw</c> the values of max meters and <c>uniq</c> the hashes
/// of unique meters: [feature, value] · <c>last</c> the values of latest meters: [feature, value, number of the report in its period] ·
/// <c>timed</c> the values of weighted_sum meters: [feature, value, number of the report in its instant] ·
/// <c>import</c> the number of the import of an event that moved no balance, always with an empty <c>post</c> · <c>box</c> the rest of
/// <c>props</c> and <c>from</c>, encrypted (<see cref="SealedTexts"/>) · <c>gone</c> its texts
/// (<c>id</c>, <c>props</c>, <c>from</c>, <c>by</c>, <c>box</c>) were deleted, because the retention of its customer has passed.
/// </summary>
public sealed record EventData
{
    public const string Nothing = "{}";

    /// <summary>The type of an event without a feature after the erasure of its member or customer, from SQL.</summary>
    public const string ErasedType = "erased";

    private static readonly EventData Plain = new();

    public string? Id { get; init; }

    public string? Type { get; init; }

    public Instant? RecordedAt { get; init; }

    public string? PropertiesJson { get; init; }

    public string? ComputedJson { get; init; }

    public string? OriginJson { get; init; }

    public string? Plan { get; init; }

    public string? Member { get; init; }

    public IReadOnlyList<Posting> Postings { get; init; } = [];

    public IReadOnlyList<Burn> Burns { get; init; } = [];

    public Outcome? Outcome { get; init; }

    public bool IsSettle { get; init; }

    public bool IsLate { get; init; }

    public Guid? Voids { get; init; }

    public IReadOnlyList<Reading> Readings { get; init; } = [];

    public int? Import { get; init; }

    /// <summary>Encrypted properties and origin; null: they are readable, or there are none.</summary>
    public string? Box { get; init; }

    /// <summary>True if there were encrypted texts and no key opened them. Never stored.</summary>
    public bool IsLocked { get; init; }

    /// <summary>True if the room Privacy has deleted its texts. Only read.</summary>
    public bool IsGone { get; init; }

    public string Write()
    {
        if (this == Plain)
        {
            return Nothing;
        }

        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteText(json, "id", Id);
            WriteText(json, "type", Type);
            if (RecordedAt is { } at)
            {
                json.WriteNumber("at", at.UnixMicroseconds);
            }

            WriteJson(json, "props", PropertiesJson);
            WriteJson(json, "calc", ComputedJson);
            WriteJson(json, "from", OriginJson);
            WriteText(json, "box", Box);
            WriteText(json, "plan", Plan);
            WriteText(json, "by", Member);
            WriteText(json, "out", Outcome?.ToString());
            WriteFlag(json, "hold", IsSettle);
            WriteFlag(json, "late", IsLate);
            WriteText(json, "void", Voids?.ToString("D"));
            if (Import is { } import)
            {
                json.WriteNumber("import", import);
                json.WriteStartArray("post");
                json.WriteEndArray();
            }

            WriteList(json, "post", Postings, p =>
            {
                json.WriteNumberValue(p.FeatureKey);
                json.WriteNumberValue(p.PeriodStart.UnixMicroseconds);
                json.WriteNumberValue(p.Used.Value);
                json.WriteNumberValue(p.Drawn.Value);
            });
            WriteList(json, "burn", Burns, b =>
            {
                json.WriteStringValue(b.Grant);
                json.WriteNumberValue(b.Amount.Value);
            });
            foreach (var kind in Readings.GroupBy(static reading => reading.Kind))
            {
                WriteList(json, KeyOf(kind.Key), [.. kind], reading => Write(json, reading));
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static EventData Read(string text)
    {
        if (text == Nothing)
        {
            return Plain;
        }

        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new()
        {
            Id = Text(root, "id"),
            Type = Text(root, "type"),
            RecordedAt = root.TryGetProperty("at", out var at) ? new Instant(at.GetInt64()) : null,
            PropertiesJson = Json(root, "props"),
            ComputedJson = Json(root, "calc"),
            OriginJson = Json(root, "from"),
            Box = Text(root, "box"),
            Plan = Text(root, "plan"),
            Member = Text(root, "by"),
            Postings = List(root, "post", p => new Posting(
                p[0].GetInt32(), new Instant(p[1].GetInt64()), Quantity.Of(p[2].GetDecimal()), Quantity.Of(p[3].GetDecimal()))),
            Burns = List(root, "burn", b => new Burn(b[0].GetGuid(), Quantity.Of(b[1].GetDecimal()))),
            Outcome = Text(root, "out") is { } name ? Enum.Parse<Outcome>(name) : null,
            IsSettle = root.TryGetProperty("hold", out _),
            IsLate = root.TryGetProperty("late", out _),
            Voids = root.TryGetProperty("void", out var voided) ? voided.GetGuid() : null,
            Import = root.TryGetProperty("import", out var import) ? import.GetInt32() : null,
            IsGone = root.TryGetProperty("gone", out _),
            Readings = [.. Enum.GetValues<ReadingKind>().SelectMany(kind => List(root, KeyOf(kind), pair => Read(kind, pair)))],
        };
    }

    private static string KeyOf(ReadingKind kind) => kind switch
    {
        ReadingKind.Highest => "raw",
        ReadingKind.Seen => "uniq",
        ReadingKind.Latest => "last",
        ReadingKind.Timed => "timed",
    };

    private static void Write(Utf8JsonWriter json, Reading reading)
    {
        json.WriteNumberValue(reading.FeatureKey);
        switch (reading.Kind)
        {
            case ReadingKind.Highest:
                json.WriteNumberValue(reading.Value.Value);
                break;
            case ReadingKind.Seen:
                json.WriteStringValue(reading.Hash);
                break;
            case ReadingKind.Latest or ReadingKind.Timed:
                json.WriteNumberValue(reading.Value.Value);
                json.WriteNumberValue(reading.Order);
                break;
        }
    }

    private static Reading Read(ReadingKind kind, JsonElement pair) => kind switch
    {
        ReadingKind.Highest => Reading.Highest(pair[0].GetInt32(), Quantity.Of(pair[1].GetDecimal())),
        ReadingKind.Seen => Reading.Seen(pair[0].GetInt32(), pair[1].GetGuid()),
        ReadingKind.Latest => Reading.Latest(pair[0].GetInt32(), Quantity.Of(pair[1].GetDecimal()), pair[2].GetInt32()),
        ReadingKind.Timed => Reading.Timed(pair[0].GetInt32(), Quantity.Of(pair[1].GetDecimal()), pair[2].GetInt32()),
    };

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool value)
    {
        if (value)
        {
            json.WriteBoolean(name, value);
        }
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<T> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartArray();
            write(item);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string? Json(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetRawText() : null;

    private static IReadOnlyList<T> List<T>(JsonElement root, string name, Func<JsonElement, T> read) =>
        root.TryGetProperty(name, out var array) ? [.. array.EnumerateArray().Select(read)] : [];
}
