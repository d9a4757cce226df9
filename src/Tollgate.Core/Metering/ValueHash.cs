using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Core.Metering;

/// <summary>The hash of a text of any length in 128 bits.</summary>
public static class ValueHash
{
    /// <summary>Returns the first 128 bits of SHA-256 as a UUID of version 8.</summary>
    public static Guid Of(string text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
