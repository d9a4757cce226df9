using System.Diagnostics.CodeAnalysis;

namespace Tollgate.Core.Outbound;

/// <summary>Reads http and https addresses that somebody wrote.</summary>
public static class WebAddress
{
    /// <summary>
    /// Reads the address and every part of it. .NET puts off the punycode of a host: <c>http://xn--</c> is an address until its host is
    /// asked for, which throws.
    /// </summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        try
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var read) || read.Scheme is not ("http" or "https") || read.IdnHost.Length == 0 || read.AbsoluteUri.Length == 0)
            {
                return false;
            }

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
