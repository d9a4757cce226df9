using System.Buffers;

namespace Tollgate.Server.Gateway;

/// <summary>The end of the reading of a body or an answer.</summary>
internal enum BodyEnd
{
    Whole,
    TooLarge,

    /// <summary>The budget has no room for it now.</summary>
    NoRoom,
}

/// <summary>
/// A body or an answer that is read whole. It takes memory from the budget as the bytes arrive, not by the announced length.
/// </summary>
/// <param name="most">Bytes.</param>
/// <param name="announced">The announced length in bytes; null: unknown.</param>
internal sealed class HeldBody(HeldBytes held, long most, long? announced)
{
    private const int Smallest = 32 * 1024;

    private byte[] _bytes = [];
    private int _length;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>Adds all bytes or none. <see cref="BodyEnd.Whole"/>: it added them.</summary>
    public BodyEnd Add(ReadOnlySpan<byte> more)
    {
        var length = (long)_length + more.Length;
        if (length > Math.Min(most, Array.MaxLength))
        {
            return BodyEnd.TooLarge;
        }

        if (length > _bytes.Length && !TryGrow(length))
        {
            return BodyEnd.NoRoom;
        }

        more.CopyTo(_bytes.AsSpan(_length));
        _length = (int)length;
        return BodyEnd.Whole;
    }

    /// <exception cref="IOException">Or another exception of the stream.</exception>
    /// <param name="next">Called before each read.</param>
    public async ValueTask<BodyEnd> ReadAsync(Stream stream, Func<CancellationToken> next)
    {
        var chunk = ArrayPool<byte>.Shared.Rent(AnswerRelay.ChunkBytes);
        try
        {
            var end = BodyEnd.Whole;
            while (end == BodyEnd.Whole && await stream.ReadAsync(chunk, next()) is > 0 and var read)
            {
                end = Add(chunk.AsSpan(0, read));
            }

            return end;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private bool TryGrow(long length)
    {
        var known = announced is { } all && all >= length ? all : Array.MaxLength;
        var capacity = (int)Math.Max(length, Math.Min(Math.Max(2L * _bytes.Length, Smallest), Math.Min(known, most)));
        if (!held.TryTake(capacity))
        {
            return false;
        }

        var before = _bytes.Length;
        Array.Resize(ref _bytes, capacity);
        held.Give(before);
        return true;
    }
}
