using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Tollgate.Server.Http;

/// <summary>
/// The unit of limits per address: an IPv4 address, or the first 64 bits of an IPv6 address, which is the smallest network that a provider
/// gives to one customer.
/// </summary>
public readonly record struct Neighborhood(ulong Bits)
{
    /// <summary>0:ffff::/32 is not a network of the Internet, so no IPv6 network equals an IPv4 address.</summary>
    private const ulong OfIPv4 = 0x0000_FFFF_0000_0000;

    /// <summary>Null, as in tests without a socket, counts as one more neighbour.</summary>
    public static Neighborhood Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length))
        {
            return default;
        }

        return length == 4 ? new(OfIPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : address.IsIPv4MappedToIPv6 ? new(OfIPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : new(BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Bits);
        return Bits >> 32 == OfIPv4 >> 32 ? new IPAddress(bytes[4..8]).ToString() : new IPAddress(bytes) + "/64";
    }
}
