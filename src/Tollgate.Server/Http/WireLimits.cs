using Tollgate.Core.Customers;

namespace Tollgate.Server.Http;

/// <summary>How much the server reads of anything. Each refusal names the limit.</summary>
public static class WireLimits
{
    /// <summary>Bytes of an ordinary body: hundreds of times what any of ours needs.</summary>
    public const int BodyBytes = 1024 * 1024;

    /// <summary>Nesting of JSON; ours have at most eight levels.</summary>
    public const int JsonDepth = 32;

    /// <summary>Characters of an id that the caller chose: customers, events, reservations, grants.</summary>
    public const int IdCharacters = CustomerRules.LongestId;

    /// <summary>Characters of names and other short texts.</summary>
    public const int NameCharacters = 200;

    /// <summary>Bytes of the properties or the metadata of one thing, as JSON.</summary>
    public const int PropertiesBytes = 16 * 1024;

    /// <summary>Faults that one answer lists; a hopeless body does not make a hopeless answer.</summary>
    public const int Faults = 100;

    /// <summary>Items of a page of a list, unless <c>limit</c> says otherwise.</summary>
    public const int PageItems = 20;

    public const int LargestPageItems = 100;

    /// <summary>Digits of a number in stored JSON, and the size of its exponent: jsonb refuses numbers far beyond.</summary>
    public const int NumberDigits = 300;
}
