using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Engine.Projects;

/// <summary>
/// The last 11 characters of customer tokens and page addresses: a checksum that only servers of this database can compute. It tells an
/// issued token from an invented one without a query.
/// </summary>
/// <remarks>
/// <para>HMAC-SHA256, of which 64 bits are kept: enough against guesses that are counted. A valid checksum gives no access; the database
/// decides.</para>
/// <para>Its key is the stored hash of the oldest admin key, which only the servers have, in memory. If that key is removed, another one
/// replaces it: earlier tokens then count as invented, which matters only for an address that guesses (see <c>Guesses</c>).</para>
/// </remarks>
public sealed class TokenCheck(KeyHash key)
{
    public const int Characters = 11;

    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly byte[] _key = key.ToBytes();

    /// <summary>Returns null if there is no admin key, as in an empty database.</summary>
    internal static TokenCheck? Of(FrozenDictionary<KeyHash, ResolvedKey> keys)
    {
        var oldest = keys.Where(static pair => pair.Value.Caller.Kind == KeyKind.Admin).OrderBy(static pair => pair.Value.Id).Take(1)
            .ToList();
        return oldest.Count == 0 ? null : new(oldest[0].Key);
    }

    /// <summary>Appends the checksum to the text.</summary>
    public string Seal(string text)
    {
        Span<char> check = stackalloc char[Characters];
        Compute(text, check);
        return string.Concat(text, check);
    }

    public bool IsGenuine(ReadOnlySpan<char> text)
    {
        if (text.Length is <= Characters or > KeyText.LongestText || !Ascii.IsValid(text))
        {
            return false;
        }

        Span<char> check = stackalloc char[Characters];
        Compute(text[..^Characters], check);
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(check), MemoryMarshal.AsBytes(text[^Characters..]));
    }

    private void Compute(ReadOnlySpan<char> text, Span<char> check)
    {
        Span<byte> bytes = stackalloc byte[KeyText.LongestText];
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var length = Encoding.ASCII.GetBytes(text, bytes);
        HMACSHA256.HashData(_key, bytes[..length], digest);
        var rest = MemoryMarshal.Read<ulong>(digest);
        for (var i = 0; i < Characters; i++, rest /= (ulong)Base62.Length)
        {
            check[i] = Base62[(int)(rest % (ulong)Base62.Length)];
        }
    }
}
