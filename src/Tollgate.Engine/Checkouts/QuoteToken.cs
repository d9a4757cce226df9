using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Tollgate.Core.Checkouts;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Checkouts;

/// <summary>
/// A price quote in the page's form: encrypted and bound to its checkout, so that nobody can change it or use it on another page.
/// </summary>
/// <remarks>
/// Every master key that the server knows can open it: during a rotation another server may have sealed it with the previous or the next
/// key.
/// </remarks>
internal static class QuoteToken
{
    private const string Purpose = "quotes";

    /// <summary>The limit in characters. Four numbers, a nonce and a tag have fewer.</summary>
    private const int Longest = 256;

    public static string Close(SecretBox secrets, Guid checkout, HeldQuote quote)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{quote.At.UnixMicroseconds} {quote.Until.UnixMicroseconds} {quote.Due} {quote.Version}");
        return Base64Url.EncodeToString(
            Aead.Close(secrets.Ring.Current.Of(Purpose), Encoding.ASCII.GetBytes(text), checkout.ToByteArray()));
    }

    /// <returns>Null: no key of this server opens it as a quote for this checkout.</returns>
    public static HeldQuote? Open(SecretBox secrets, Guid checkout, string? closed)
    {
        if (closed is not { Length: > 0 and <= Longest } || !Base64Url.IsValid(closed))
        {
            return null;
        }

        var (ring, box, bound) = (secrets.Ring, Base64Url.DecodeFromChars(closed), checkout.ToByteArray());
        if (ring.Ids.Select(id => Aead.Open(ring.Find(id)!.Of(Purpose), box, bound))
            .FirstOrDefault(static opened => opened is not null) is not { } text)
        {
            return null;
        }

        var parts = Encoding.ASCII.GetString(text).Split(' ').Select(static part => long.Parse(part, CultureInfo.InvariantCulture))
            .ToArray();
        return new(new(parts[0]), new(parts[1]), parts[2], (int)parts[3]);
    }
}
