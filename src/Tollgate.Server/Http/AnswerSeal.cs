using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Server.Http;

/// <summary>
/// Encrypts an answer that shows a secret once, so that its stored copy is of use only to the caller who got it: the
/// cipher's key is derived from the caller's own key, of which the server keeps nothing but a hash.
/// </summary>
/// <remarks>AES-256-GCM, key = HKDF-SHA256(caller's key, info: the idempotency key). Layout: nonce, tag, text.</remarks>
internal sealed class AnswerSeal(ReadOnlySpan<char> callerKey, string idempotencyKey)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(callerKey.ToString()),
        outputLength: 32,
        info: Encoding.UTF8.GetBytes("tollgate answer " + idempotencyKey));

    public byte[] Close(byte[] text)
    {
        var box = new byte[NonceBytes + TagBytes + text.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(_key, TagBytes);
        cipher.Encrypt(
            box.AsSpan(0, NonceBytes), text, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes));
        return box;
    }

    /// <summary>Null when another key closed it.</summary>
    public byte[]? Open(byte[] box)
    {
        var text = new byte[box.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(_key, TagBytes);
        try
        {
            cipher.Decrypt(
                box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), text);
            return text;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
