using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Tollgate.Core.Outbound;

/// <summary>Reads http and https addresses from outside.</summary>
public static class WebAddress
{
    private static readonly IdnMapping Idn = new();

    /// <summary>
    /// Reads the address and every part of it. <see cref="Uri"/> accepts <c>http://xn--</c>, but its punycode names nothing, and decoding
    /// it throws.
    /// </summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        try
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var read) || read.Scheme is not ("http" or "https") || read.IdnHost.Length == 0
                || read.AbsoluteUri.Length == 0)
            {
                return false;
            }

            _ = read.HostNameType == UriHostNameType.Dns ? Idn.GetUnicode(read.IdnHost) : null;
            address = read;
            return new Uri(read, "/").IsAbsoluteUri;
        }
        catch (Exception e) when (e is UriFormatException or ArgumentException)
        {
            address = null;
            return false;
        }
    }
}
