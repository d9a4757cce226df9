using System.Security.Cryptography;
using System.Text;
using Tollgate.Engine.Secrets;

namespace Tollgate.Server.Http;

/// <summary>
/// Encrypts an answer that shows a secret once, so that its stored copy is of use only to the caller who got it: the
/// cipher's key is derived from the caller's own key, of which the server keeps nothing but a hash.
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

    /// <summary>Null when another key closed it.</summary>
    public byte[]? Open(byte[] box) => Aead.Open(_key, box);
}
