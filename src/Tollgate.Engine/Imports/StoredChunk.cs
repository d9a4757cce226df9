using System.IO.Compression;

namespace Tollgate.Engine.Imports;

/// <summary>The stored form of a chunk. Lines resemble each other: at the fastest level a tenth of the bytes is left.</summary>
internal static class StoredChunk
{
    public static byte[] Pack(ReadOnlyMemory<byte> chunk)
    {
        using var packed = new MemoryStream(chunk.Length / 4);
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(chunk.Span);
        }

        return packed.ToArray();
    }

    public static ReadOnlyMemory<byte> Unpack(byte[] packed)
    {
        using var chunk = new MemoryStream(packed.Length * 8);
        using var inflate = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
        inflate.CopyTo(chunk);
        return chunk.GetBuffer().AsMemory(0, (int)chunk.Length);
    }
}
