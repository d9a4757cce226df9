using System.Buffers.Binary;
using Tollgate.Core.Metering;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// An event id as the ledger stores it. A UUID is taken as it is; any other text becomes the first 128 bits of its
/// SHA-256, marked as version 8, and the text is kept beside the event.
/// </summary>
/// <param name="Id">What the unique key holds.</param>
/// <param name="Text">The caller's text where it is not a UUID in canonical form; null otherwise.</param>
/// <param name="Month">
/// The partition: the month that a UUIDv7 tells, otherwise the month of recording. A function of the id alone in the
/// first case, so a retry meets its first attempt whenever it comes.
/// </param>
/// <param name="TellsTime">False: earlier months must be searched for a first attempt.</param>
public readonly record struct EventKey(Guid Id, string? Text, DateOnly Month, bool TellsTime)
{
    /// <summary>How far back an id may have been used before: 35 days at least, and as long as the longest open period.</summary>
    public const int MonthsSearched = 13;

    private const string TokenMark = "customer_token:";

    /// <summary>UUIDv7 times within this distance of now are believed; older ones than the accept window are not.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(36);

    private static readonly TimeSpan Newest = TimeSpan.FromHours(24);

    public static EventKey Generate(Instant now) => Of(Guid.CreateVersion7(now.ToOffset()), null, now);

    public static EventKey Parse(string text, Instant now)
    {
        if (Guid.TryParseExact(text, "D", out var id) && id.Version != 8)
        {
            return Of(id, text.AsSpan().ContainsAnyInRange('A', 'F') ? text : null, now);
        }

        return new(ValueHash.Of(text), text, MonthOf(now), false);
    }

    /// <summary>
    /// An id that came with a customer token. It is hashed together with the customer, so that it can neither take nor replay an id of the
    /// back end, nor one of another member of the same account. NUL cannot occur in an id, so no text of the back end hashes to it.
    /// </summary>
    public static EventKey OfToken(string customer, string text, Instant now) =>
        new(HashOfToken(customer, text), text, MonthOf(now), false);

    /// <summary>
    /// The id that somebody looks for: the text as the back end sent it, or <see cref="NameOf"/> of an event that was sent with a token.
    /// </summary>
    public static Guid Sought(string text, Instant now) =>
        text.StartsWith(TokenMark, StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(TokenMark.Length), "D", out var id)
            ? id
            : Parse(text, now).Id;

    /// <summary>How an event that was sent with a customer token is named unmistakably; null for one of the back end.</summary>
    /// <param name="text">The id as it was sent, where it is not a UUID in canonical form.</param>
    public static string? NameOf(Guid id, string? text) =>
        text is null || id.Version != 8 || id == ValueHash.Of(text) ? null : TokenMark + id.ToString("D");

    /// <summary>A settle is recorded under the id of its hold: a hold is settled once.</summary>
    public static EventKey OfHold(Guid hold, string? reference, Instant now) => Of(hold, reference, now);

    /// <summary>The id that the reversing event of an event has: one void for each event, however often it is asked for.</summary>
    public static Guid OfVoid(Guid voided) => ValueHash.Of("void:" + voided.ToString("D"));

    private static Guid HashOfToken(string customer, string text) => ValueHash.Of($"token\0{customer}\0{text}");

    public static DateOnly MonthOf(Instant instant)
    {
        var utc = instant.ToUtc();
        return new(utc.Year, utc.Month, 1);
    }

    private static EventKey Of(Guid id, string? text, Instant now)
    {
        if (id.Version == 7)
        {
            Span<byte> bytes = stackalloc byte[16];
            id.TryWriteBytes(bytes, bigEndian: true, out _);
            var milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
            var told = new Instant(Math.Min(milliseconds, 200_000_000_000_000L) * 1000);
            if (told > now.Minus(Oldest) && told < now.Plus(Newest))
            {
                return new(id, text, MonthOf(told), true);
            }
        }

        return new(id, text, MonthOf(now), false);
    }
}
