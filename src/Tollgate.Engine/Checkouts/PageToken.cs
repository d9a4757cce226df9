using System.Security.Cryptography;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Checkouts;

/// <summary>The secret part of the address of a checkout page or of a portal session.</summary>
internal static class PageToken
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>256 bits.</summary>
    private const int Characters = 43;

    /// <summary>256 random bits and a checksum: whoever has the address of a page has been given it.</summary>
    public static string New(TokenCheck? check)
    {
        var bare = RandomNumberGenerator.GetString(Base62, Characters);
        return check?.Seal(bare) ?? bare;
    }
}
