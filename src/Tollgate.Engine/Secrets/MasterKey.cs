using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// 32 random bytes from which the key of each purpose is derived (HKDF-SHA256). Its id is derived from it too: the database stores the id,
/// which tells a wrong key from the right one and does not help to find the key.
/// </summary>
public sealed class MasterKey
{
    public const int IdBytes = 8;

    private readonly byte[] _bytes;
    private readonly ConcurrentDictionary<string, byte[]> _derived = new(StringComparer.Ordinal);

    private MasterKey(byte[] bytes)
    {
        _bytes = bytes;
        Id = Convert.ToHexStringLower(Derive("tollgate key id", IdBytes));
    }

    /// <summary>16 hexadecimal digits; not secret.</summary>
    public string Id { get; }

    /// <summary>The text of the key in a file or a variable.</summary>
    internal string Text => Convert.ToBase64String(_bytes);

    public static MasterKey Make() => new(RandomNumberGenerator.GetBytes(Aead.KeyBytes));

    /// <summary>Parses base64 of 32 bytes, as <c>openssl rand -base64 32</c> prints it. Returns null for anything else.</summary>
    public static MasterKey? Parse(string text)
    {
        var bytes = new byte[Aead.KeyBytes + 1];
        return Convert.TryFromBase64String(text, bytes, out var written) && written == Aead.KeyBytes ? new(bytes[..written]) : null;
    }

    internal byte[] Of(string purpose) =>
        _derived.GetOrAdd(purpose, static (name, self) => self.Derive("tollgate " + name, Aead.KeyBytes), this);

    private byte[] Derive(string info, int length) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _bytes, length, info: Encoding.UTF8.GetBytes(info));
}
