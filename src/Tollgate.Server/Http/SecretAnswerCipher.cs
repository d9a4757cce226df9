using System.Security.Cryptography;
using System.Text;
using Tollgate.Engine.Secrets;

namespace Tollgate.Server.Http;

/// <summary>
/// Encrypts an answer that shows a secret once, so that only the caller who got it can use its stored copy: the cipher's key derives from
/// the caller's own key, of which the server stores only a hash.
/// </summary>
/// <remarks>Key = HKDF-SHA256(caller's key, info: the idempotency key).</remarks>
internal sealed class SecretAnswerCipher(ReadOnlySpan<char> callerKey, string idempotencyKey)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(callerKey.ToString()),
        outputLength: Aead.KeyBytes,
        info: Encoding.UTF8.GetBytes("tollgate answer " + idempotencyKey));

    public byte[] Close(byte[] text) => Aead.Close(_key, text);

    /// <summary>Null: it was encrypted with another key.</summary>
    public byte[]? Open(byte[] box) => Aead.Open(_key, box);
}
