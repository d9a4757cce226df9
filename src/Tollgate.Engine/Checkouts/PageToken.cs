using System.Security.Cryptography;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Checkouts;

/// <summary>The secret part of the address of a checkout page or of a portal session.</summary>
internal static class PageToken
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>256 bits.</summary>
    private const int Characters = 43;

    /// <summary>Returns 256 random bits and a checksum. Only someone who was given a page's address can have it.</summary>
    public static string New(TokenCheck? check)
    {
        var bare = RandomNumberGenerator.GetString(Base62, Characters);
        return check?.Seal(bare) ?? bare;
    }
}
