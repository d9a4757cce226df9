namespace Tollgate.Core.Llm.Shapes;

/// <summary>Receives each event of a stream, with its data and whether the framing itself marks it as an error.</summary>
internal delegate void StreamEventReader(ReadOnlySpan<byte> data, bool isError);

/// <summary>
/// The bytes of the current event. An event beyond the limit is discarded: <see cref="IsTooLarge"/> stays set until <see cref="Clear"/>.
/// </summary>
internal sealed class EventBytes(int limit)
{
    // Kept between events; a larger buffer is released.
    private const int Kept = 64 * 1024;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public bool IsTooLarge { get; private set; }

    /// <summary>The allocated bytes, used or not.</summary>
    public int Capacity => _bytes.Length;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (IsTooLarge || bytes.Length > limit - Length)
        {
            Spoil();
            return;
        }

        if (Length + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(2L * (Length + bytes.Length), 256), limit));
        }

        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Discards the event, as if it were too large.</summary>
    public void Spoil()
    {
        Clear();
        IsTooLarge = true;
    }

    public void Clear()
    {
        Length = 0;
        IsTooLarge = false;
        if (_bytes.Length > Kept)
        {
            _bytes = [];
        }
    }
}
