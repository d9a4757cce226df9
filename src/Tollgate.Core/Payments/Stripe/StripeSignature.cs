using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

public enum StripeSignatureVerdict
{
    Good,

    /// <summary>The header is missing, or has no <c>t</c>.</summary>
    NoTimestamp,

    /// <summary>The header has no <c>v1</c>; other schemes do not count.</summary>
    NoScheme,
    Mismatch,

    /// <summary>The signature is too old, or its time is in the future.</summary>
    OutsideTolerance,
}

/// <summary>
/// The header <c>Stripe-Signature</c>: <c>t=&lt;Unix seconds&gt;,v1=&lt;hex&gt;[,v1=…]</c>, the hex being HMAC-SHA256 over <c>t.body</c>,
/// keyed with the whole secret as text.
/// </summary>
/// <remarks>https://docs.stripe.com/webhooks#verify-manually</remarks>
public static class StripeSignature
{
    public const string Header = "Stripe-Signature";

    private const string Scheme = "v1";

    /// <summary>The most signatures that are compared: Stripe sends one for each valid secret, two during a rotation.</summary>
    public const int MostSignatures = 5;

    /// <summary>The most elements of a header that are read, whatever their names; the rest is ignored.</summary>
    private const int MostElements = 12;

    /// <summary>The tolerance of Stripe's libraries. The difference counts in both directions, so that nobody signs in advance.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <param name="body">The body as received.</param>
    /// <param name="secrets">The valid secrets; two during a rotation. Blank ones never count.</param>
    public static StripeSignatureVerdict Judge(string? header, ReadOnlySpan<byte> body, IReadOnlyList<string> secrets, Instant now)
    {
        var elements = Elements(header);
        var written = elements.FirstOrDefault(static element => element.Name == "t").Value;
        if (!long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > int.MaxValue)
        {
            return StripeSignatureVerdict.NoTimestamp;
        }

        var given = elements.Where(static element => element.Name == Scheme).Take(MostSignatures)
            .Select(static element => Encoding.UTF8.GetBytes(element.Value)).ToList();
        if (given.Count == 0)
        {
            return StripeSignatureVerdict.NoScheme;
        }

        if (!IsSigned(written!, body, secrets, given))
        {
            return StripeSignatureVerdict.Mismatch;
        }

        return (now - Instant.FromUnixSeconds(seconds)).Duration() > Tolerance
            ? StripeSignatureVerdict.OutsideTolerance
            : StripeSignatureVerdict.Good;
    }

    /// <returns>The header.</returns>
    public static string Sign(ReadOnlySpan<byte> body, string secret, Instant at)
    {
        var seconds = (at.UnixMicroseconds / 1_000_000).ToString(CultureInfo.InvariantCulture);
        return $"t={seconds},{Scheme}={Hex(seconds, body, secret)}";
    }

    private static bool IsSigned(string written, ReadOnlySpan<byte> body, IReadOnlyList<string> secrets, List<byte[]> given)
    {
        var isSigned = false;
        foreach (var secret in secrets)
        {
            if (string.IsNullOrWhiteSpace(secret))
            {
                continue;
            }

            var expected = Encoding.UTF8.GetBytes(Hex(written, body, secret));
            foreach (var one in given)
            {
                isSigned |= CryptographicOperations.FixedTimeEquals(expected, one);
            }
        }

        return isSigned;
    }

    private static string Hex(string written, ReadOnlySpan<byte> body, string secret)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        mac.AppendData(Encoding.UTF8.GetBytes(written + "."));
        mac.AppendData(body); // In place: a copy for each project's secret would cost more than the hash.
        return Convert.ToHexStringLower(mac.GetHashAndReset());
    }

    private static List<(string Name, string Value)> Elements(string? header) =>
    [
        .. from element in (header ?? "").Split(',', MostElements + 1, StringSplitOptions.TrimEntries).Take(MostElements)
           let split = element.IndexOf('=', StringComparison.Ordinal)
           where split > 0
           select (element[..split], element[(split + 1)..]),
    ];
}
