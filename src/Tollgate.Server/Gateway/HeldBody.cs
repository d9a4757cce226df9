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
/// A body or an answer that is read whole. It takes memory from the budget as the bytes arrive, not by the announced length: a sender who
/// announces much and sends little holds little. The runtime does not clear the arrays, of which only the written part is ever read, and no
/// array returns to a pool, where a late reader would meet another project's body.
/// </summary>
/// <param name="most">Bytes.</param>
/// <param name="announced">The announced length in bytes; null: unknown.</param>
internal sealed class HeldBody(HeldBytes held, long most, long? announced)
{
    private const int Smallest = 32 * 1024;

    /// <summary>
    /// Growth of an array whose final length is not announced, and of one whose length is. A larger step copies less and holds more too
    /// early: 30 MB in steps of 2 allocate 60 MB, in steps of 4 they allocate 41 MB.
    /// </summary>
    private const int Step = 2, StepOfAnnounced = 4;

    private byte[] _bytes = [];
    private int _length;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>
    /// False: the announced bytes do not fit into the budget now. A sender who learns it before it sends costs no memory, and no time of
    /// others.
    /// </summary>
    public bool MayFit => announced is not { } all || all > most || held.HasRoom(all);

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
        var (known, step) = announced is { } all && all >= length ? (all, StepOfAnnounced) : (Array.MaxLength, Step);
        var capacity = (int)Math.Max(length, Math.Min(Math.Max((long)step * _bytes.Length, Smallest), Math.Min(known, most)));
        if (!held.TryTake(capacity))
        {
            return false;
        }

        var before = _bytes;
        _bytes = GC.AllocateUninitializedArray<byte>(capacity);
        before.AsSpan(0, _length).CopyTo(_bytes);
        held.Give(before.Length);
        return true;
    }
}
