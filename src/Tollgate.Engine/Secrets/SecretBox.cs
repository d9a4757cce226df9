using System.Text;
using Microsoft.Extensions.Logging;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// Encrypts and decrypts the secrets in the database. An encrypted secret is: 1 byte version, 8 bytes id of the master key, then nonce, tag
/// and text (<see cref="Aead"/>). In columns of text: <c>s1.</c>, the id in hexadecimal digits, a dot, base64 of the rest.
/// </summary>
public sealed class SecretBox
{
    internal const byte Version = 1;
    internal const string TextPrefix = "s1.";

    private const int HeadBytes = 1 + MasterKey.IdBytes;
    private const int TextHead = 3 + (MasterKey.IdBytes * 2) + 1;

    private readonly ILogger _log;
    private volatile MasterKeyRing _ring;

    public SecretBox(MasterKeyRing ring, ILogger log)
    {
        _ring = ring;
        _log = log;
    }

    /// <summary>The keys of this server. A rotation replaces the ring as a whole.</summary>
    public MasterKeyRing Ring
    {
        get => _ring;
        internal set => _ring = value;
    }

    public byte[] Close(ReadOnlySpan<byte> text, SecretPlace place)
    {
        var key = _ring.Current;
        return [Version, .. Convert.FromHexString(key.Id), .. Aead.Close(key.Of(place.Purpose), text, place.Bound)];
    }

    public string CloseText(string text, SecretPlace place)
    {
        var key = _ring.Current;
        return $"{TextPrefix}{key.Id}.{Convert.ToBase64String(Aead.Close(key.Of(place.Purpose), Encoding.UTF8.GetBytes(text), place.Bound))}";
    }

    /// <summary>Returns null and logs an error if no master key of this server opens it at this place.</summary>
    public byte[]? Open(ReadOnlySpan<byte> closed, SecretPlace place)
    {
        var id = closed.Length > HeadBytes && closed[0] == Version ? Convert.ToHexStringLower(closed[1..HeadBytes]) : "";
        return _ring.Find(id) is { } key && Aead.Open(key.Of(place.Purpose), closed[HeadBytes..], place.Bound) is { } text
            ? text
            : Unreadable(place, id);
    }

    /// <inheritdoc cref="Open"/>
    public string? OpenText(string closed, SecretPlace place)
    {
        var isClosed = closed.Length > TextHead && closed.StartsWith(TextPrefix, StringComparison.Ordinal);
        var id = isClosed ? closed[TextPrefix.Length..(TextHead - 1)] : "";
        var text = _ring.Find(id) is { } key && Read(closed) is { } box ? Aead.Open(key.Of(place.Purpose), box, place.Bound) : null;
        return (text ?? Unreadable(place, id)) is { } opened ? Encoding.UTF8.GetString(opened) : null;

        static byte[]? Read(string closed)
        {
            var bytes = new byte[closed.Length];
            return Convert.TryFromBase64Chars(closed.AsSpan(TextHead), bytes, out var written) ? bytes[..written] : null;
        }
    }

    private byte[]? Unreadable(SecretPlace place, string id)
    {
        _log.LogError(
            "The secret {Purpose} {Row} cannot be decrypted: it was encrypted with master key {Id}, and this server knows {Known}. "
                + "Give it that key, or set the secret again.",
            place.Purpose, place.Row, id.Length == 0 ? "unknown" : id, string.Join(", ", _ring.Ids));
        return null;
    }
}

/// <summary>The master keys of a server, and the one that it encrypts with.</summary>
public sealed class MasterKeyRing(IReadOnlyList<MasterKey> keys, string current)
{
    public MasterKey Current { get; } = keys.First(key => key.Id == current);

    public IEnumerable<string> Ids => keys.Select(static key => key.Id);

    public MasterKey? Find(string id) => keys.FirstOrDefault(key => key.Id == id);

    /// <summary>Returns a ring with more keys and all present ones.</summary>
    public MasterKeyRing With(IEnumerable<MasterKey> more, string toEncryptWith) =>
        new([.. keys.Concat(more).DistinctBy(static key => key.Id)], toEncryptWith);

    /// <summary>For tests, and tools that store nothing.</summary>
    public static MasterKeyRing OfOne(MasterKey key) => new([key], key.Id);
}
