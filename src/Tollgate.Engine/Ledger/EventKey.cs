using System.Buffers.Binary;
using Tollgate.Core.Metering;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// An event id as the ledger stores it. A UUID is stored as it is; any other text becomes the first 128 bits of its SHA-256, marked as
/// version 8, and the text is stored with the event.
/// </summary>
/// <param name="Id">The value in the unique key.</param>
/// <param name="Text">The caller's text if it is not a UUID in canonical form; otherwise null.</param>
/// <param name="Month">
/// The partition: the month in a UUIDv7, otherwise the month of recording. In the first case it depends on the id alone, so a retry always
/// finds its first attempt.
/// </param>
/// <param name="HasTime">False: the search for a first attempt must include earlier months.</param>
public readonly record struct EventKey(Guid Id, string? Text, DateOnly Month, bool HasTime)
{
    /// <summary>
    /// The number of months to search for an earlier use of an id: at least 35 days, and as long as the longest open period.
    /// </summary>
    public const int MonthsSearched = 13;

    private const string TokenMark = "customer_token:";

    /// <summary>Times of a UUIDv7 count only within this distance of now, and not if they are older than the accept window.</summary>
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
    /// Makes the key of an id that came with a customer token. It hashes the id together with the customer, so that it can neither take nor
    /// replay an id of the back end, nor one of another member of the same account. NUL cannot occur in an id, so no text of the back end
    /// has the same hash.
    /// </summary>
    public static EventKey OfToken(string customer, string text, Instant now) =>
        new(HashOfToken(customer, text), text, MonthOf(now), false);

    /// <summary>
    /// Returns the id to look for: from the text that the back end sent, or <see cref="NameOf"/> of an event that was sent with a token.
    /// </summary>
    public static Guid Sought(string text, Instant now) =>
        text.StartsWith(TokenMark, StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(TokenMark.Length), "D", out var id)
            ? id
            : Parse(text, now).Id;

    /// <summary>Returns the unambiguous name of an event that was sent with a customer token; null for one of the back end.</summary>
    /// <param name="text">The id as sent, if it is not a UUID in canonical form.</param>
    public static string? NameOf(Guid id, string? text) =>
        text is null || id.Version != 8 || id == ValueHash.Of(text) ? null : TokenMark + id.ToString("D");

    /// <summary>Makes the key of a settle, which has the id of its hold: a hold settles once.</summary>
    public static EventKey OfHold(Guid hold, string? reference, Instant now) => Of(hold, reference, now);

    /// <summary>Returns the id of the event that reverses an event: one void for each event, even if repeated.</summary>
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
            var generated = new Instant(Math.Min(milliseconds, 200_000_000_000_000L) * 1000);
            if (generated > now.Minus(Oldest) && generated < now.Plus(Newest))
            {
                return new(id, text, MonthOf(generated), true);
            }
        }

        return new(id, text, MonthOf(now), false);
    }
}
