using System.Text.Json;

namespace Tollgate.Chaos.Client;

/// <summary>A caller's knowledge after a request: the closed set that the tests' records rely on.</summary>
public enum Fate
{
    /// <summary>2xx: acknowledged. From now on it must never be lost.</summary>
    Granted,

    /// <summary>402 or 429: denied; only a count was recorded.</summary>
    Denied,

    /// <summary>409: the same id with other content, or a closed reservation.</summary>
    Conflict,

    /// <summary>Another 4xx: the request itself was wrong.</summary>
    Invalid,

    /// <summary>
    /// 503: not accepted now. It may have been recorded (the connection to the database may have broken after the commit).
    /// </summary>
    Refused,

    /// <summary>No answer: the connection broke or the wait ended. It may have been recorded.</summary>
    Unknown,

    /// <summary>500 and other 5xx: always a fault of the server.</summary>
    Broken,
}

/// <summary>An answer, or the lack of one.</summary>
/// <param name="Status">0: no answer.</param>
/// <param name="Body">Undefined without an answer, or if it was no JSON.</param>
/// <param name="Invoked">Stopwatch ticks right before sending.</param>
/// <param name="Answered">Stopwatch ticks right after the answer was read.</param>
public sealed record Answer(int Status, JsonElement Body, long Invoked, long Answered)
{
    /// <summary>The body as text, for messages and for comparing replays byte by byte.</summary>
    public string Text { get; init; } = "";

    public string? RetryAfter { get; init; }

    /// <summary>The header <c>Idempotent-Replayed</c>.</summary>
    public bool ReplayedWhole { get; init; }

    public Fate Fate => Status switch
    {
        0 => Fate.Unknown,
        >= 200 and < 300 => Fate.Granted,
        402 or 429 => Fate.Denied,
        409 => Fate.Conflict,
        503 => Fate.Refused,
        >= 500 => Fate.Broken,
        _ => Fate.Invalid,
    };

    public bool Replayed =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("replayed", out var replayed)
            && replayed.ValueKind == JsonValueKind.True;

    public string Code => Member("code") is { ValueKind: JsonValueKind.String } code ? code.GetString()! : "";

    public string Id => Member("id") is { ValueKind: JsonValueKind.String } id ? id.GetString()! : "";

    /// <summary>True if a settle came after its reservation had expired, and was recorded as a fact.</summary>
    public bool Late => Member("late").ValueKind == JsonValueKind.True;

    public decimal Number(string name) =>
        Member(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDecimal() : throw Missing(name);

    public DateTimeOffset Moment(string name) =>
        Member(name) is { ValueKind: JsonValueKind.String } moment ? moment.GetDateTimeOffset() : throw Missing(name);

    public JsonElement Member(string name) =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var member) ? member : default;

    public override string ToString() => $"{Status} {(Text.Length > 600 ? Text[..600] + "…" : Text)}";

    private InvalidOperationException Missing(string name) => new($"The answer has no \"{name}\": {this}");
}
