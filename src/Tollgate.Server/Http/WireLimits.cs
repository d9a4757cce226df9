using Tollgate.Core.Customers;

namespace Tollgate.Server.Http;

/// <summary>The limits of the server's input. Each refusal names the limit.</summary>
public static class WireLimits
{
    /// <summary>Bytes of an ordinary body, hundreds of times the size of Tollgate's own.</summary>
    public const int BodyBytes = 1024 * 1024;

    /// <summary>The nesting of JSON; Tollgate's own bodies have at most eight levels.</summary>
    public const int JsonDepth = 32;

    /// <summary>Characters of an id that the caller chose: customers, events, reservations, grants.</summary>
    public const int IdCharacters = CustomerRules.LongestId;

    /// <summary>Characters of names and other short texts.</summary>
    public const int NameCharacters = 200;

    /// <summary>Bytes of the properties or the metadata of one object, as JSON.</summary>
    public const int PropertiesBytes = 16 * 1024;

    /// <summary>The most faults in one answer, so that a body with many faults gets an answer of limited size.</summary>
    public const int Faults = 100;

    /// <summary>The default number of items in a page of a list.</summary>
    public const int PageItems = 20;

    public const int LargestPageItems = 100;

    /// <summary>
    /// The most digits of a number in stored JSON, and the largest size of its exponent; jsonb refuses much larger numbers.
    /// </summary>
    public const int NumberDigits = 300;
}
