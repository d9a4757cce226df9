using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Engine.Projects;

/// <summary>The kind of a key. The prefix of its text names the kind; the database decides.</summary>
public enum KeyKind
{
    /// <summary><c>tg_ad_</c>: the whole server; names a project with the header <c>X-Project</c>.</summary>
    Admin,

    /// <summary><c>tg_sk_</c>: everything in its project.</summary>
    Secret,

    /// <summary><c>tg_pk_</c>: data that browsers may see: catalogue reads, experiments, embeds.</summary>
    Public,

    /// <summary><c>tg_rk_</c>: a secret key cut down to scopes, and perhaps to networks and a time.</summary>
    Restricted,

    /// <summary><c>tg_ct_</c>: one customer of a project, for a while.</summary>
    CustomerToken,
}

/// <summary>
/// The text of keys and tokens: a prefix that names the kind and 43 characters of base 62, which is 256 random bits.
/// With that much entropy a plain SHA-256 is as good as a slow hash, because nobody can guess the text.
/// </summary>
public static class KeyText
{
    /// <summary>The leading characters that are stored and listed, so that people recognise a key.</summary>
    public const int PrefixLength = 12;

    /// <summary>Longer texts are not ours and are not hashed.</summary>
    public const int LongestText = 128;

    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomCharacters = 43;

    public static string Create(KeyKind kind) => Marker(kind) + RandomNumberGenerator.GetString(Base62, RandomCharacters);

    public static string PrefixOf(string text) => text[..PrefixLength];

    public static bool IsCustomerToken(ReadOnlySpan<char> text) => text.StartsWith("tg_ct_");

    private static string Marker(KeyKind kind) => kind switch
    {
        KeyKind.Admin => "tg_ad_",
        KeyKind.Secret => "tg_sk_",
        KeyKind.Public => "tg_pk_",
        KeyKind.Restricted => "tg_rk_",
        KeyKind.CustomerToken => "tg_ct_",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

/// <summary>SHA-256 of a key's text, as a value that a dictionary can look up without allocating.</summary>
public readonly record struct KeyHash
{
    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    public KeyHash(ReadOnlySpan<byte> sha256)
    {
        var parts = MemoryMarshal.Cast<byte, ulong>(sha256[..SHA256.HashSizeInBytes]);
        (_a, _b, _c, _d) = (parts[0], parts[1], parts[2], parts[3]);
    }

    /// <summary>False for a text that cannot be a key: too long, empty or not ASCII.</summary>
    public static bool TryOf(ReadOnlySpan<char> text, out KeyHash hash)
    {
        hash = default;
        if (text.IsEmpty || text.Length > KeyText.LongestText)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[KeyText.LongestText];
        if (!Ascii.IsValid(text) || !Encoding.ASCII.TryGetBytes(text, bytes, out var length))
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], digest);
        hash = new(digest);
        return true;
    }

    public static KeyHash Of(string text) =>
        TryOf(text, out var hash) ? hash : throw new ArgumentException("The text is not a key.", nameof(text));

    public byte[] ToBytes() => MemoryMarshal.AsBytes<ulong>([_a, _b, _c, _d]).ToArray();

    /// <remarks>The digest is already uniform: any part of it serves.</remarks>
    public override int GetHashCode() => unchecked((int)_a);

    public override string ToString() => "(hash of a key)";
}
