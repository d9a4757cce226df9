using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Customers;

/// <summary>The fault of one member of a request, in a sentence that says what is allowed.</summary>
public readonly record struct FieldFault(string Field, string Detail);

/// <summary>The fault of an id that a caller chose.</summary>
public enum IdFault
{
    None,
    Empty,
    TooLong,

    /// <summary>A control character or half of a surrogate pair.</summary>
    NotALine,

    /// <summary>"." or "..".</summary>
    DotSegment,
}

/// <summary>The validation of customers. Each method lists every fault at once; an empty list means no fault.</summary>
public static class CustomerRules
{
    /// <summary>The longest id in UTF-16 units: enough for an e-mail address, a URL-shaped id or a federated subject.</summary>
    public const int LongestId = 255;

    public const int LongestName = 200;

    /// <summary>The longest e-mail address under RFC 5321.</summary>
    public const int LongestEmail = 254;

    public const int LongestTaxId = 40;

    public const int LongestExemption = 200;

    public const int MostMetadataKeys = 50;

    public const int LongestMetadataKey = 40;

    public const int LongestMetadataValue = 500;

    /// <summary>
    /// Returns the fault of an id that a caller chose: of a customer or of its records (events, reservations, grants). An id has 1 to 255
    /// characters of well-formed Unicode without control characters. It is not "." or "..": clients and servers remove those from a URL,
    /// even percent-encoded, so no request could address them.
    /// </summary>
    /// <remarks>Every event and every decision calls it, so it allocates nothing.</remarks>
    public static IdFault FaultOfId(string id) => id switch
    {
        { Length: 0 } => IdFault.Empty,
        { Length: > LongestId } => IdFault.TooLong,
        "." or ".." => IdFault.DotSegment,
        _ => IsLine(id) ? IdFault.None : IdFault.NotALine,
    };

    /// <inheritdoc cref="FaultOfId"/>
    public static bool IsId(string? id) => id is not null && FaultOfId(id) == IdFault.None;

    /// <summary>
    /// True for well-formed Unicode without control characters, which is safe to store, print, and put into a header or a log.
    /// </summary>
    public static bool IsLine(ReadOnlySpan<char> text)
    {
        // Most texts are printable ASCII, which a few vector instructions detect.
        var first = text.IndexOfAnyExceptInRange(' ', '~');
        for (var i = first; i >= 0 && i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsControl(c) || char.IsSurrogate(c))
            {
                return false;
            }
        }

        return true;
    }

    /// <param name="before">The profile before the change; null: none. A country or tax id from an older version of Tollgate stays valid
    /// while it does not change; a tax id also requires that its country does not change.</param>
    public static IReadOnlyList<FieldFault> FaultsOf(CustomerProfile profile, CustomerProfile? before = null)
    {
        var faults = new List<FieldFault>();
        Expect(IsOptionalLine(profile.Name, LongestName), "name", $"must have 1 to {LongestName} characters and no control characters.");
        Expect(profile.Email is null || IsEmail(profile.Email), "email",
            $"must be an e-mail address of at most {LongestEmail} characters.");
        Know(profile.Currency is null || Currency.TryFind(profile.Currency, out _), "currency", profile.Currency, Currency.Unknown);
        Know(profile.TimeZone is null || TimeZones.TryFind(profile.TimeZone, out _), "time_zone", profile.TimeZone, TimeZones.Unknown);
        Know(profile.Country is null || Countries.IsCode(profile.Country) || profile.Country == before?.Country, "country", profile.Country,
            Countries.Unknown);
        Expect(IsOptionalLine(profile.TaxId, LongestTaxId), "tax_id",
            $"must have 1 to {LongestTaxId} characters and no control characters.");
        var isOld = before is not null && (profile.TaxId, profile.Country) == (before.TaxId, before.Country);
        if (!isOld && IsOptionalLine(profile.TaxId, LongestTaxId) && profile.TaxId is not null
            && VatIds.FormOf(profile.Country) is { } form)
        {
            Expect(VatIds.IsValid(profile.Country, profile.TaxId), "tax_id",
                $"'{profile.TaxId}' is not a valid VAT id of {profile.Country}: its form or a check digit is wrong. Expected: {form}.");
        }

        Expect(IsExemptionPart(profile.TaxExempt?.Reason), "tax_exempt.reason",
            $"must say in 1 to {LongestExemption} characters why no tax is due.");
        Expect(IsExemptionPart(profile.TaxExempt?.Document), "tax_exempt.document",
            $"must be the number of the document that proves it, in 1 to {LongestExemption} characters.");
        AddMetadataFaults(profile.Metadata, faults);
        return faults;

        bool IsExemptionPart(string? text) => profile.TaxExempt is null || (text is not null && IsOptionalLine(text, LongestExemption));

        void Expect(bool holds, string field, string detail)
        {
            if (!holds)
            {
                faults.Add(new(field, detail));
            }
        }

        void Know(bool holds, string field, string? name, Func<string, string> unknown)
        {
            if (!holds)
            {
                faults.Add(new(field, unknown(name!)));
            }
        }
    }

    private static void AddMetadataFaults(IReadOnlyDictionary<string, string> metadata, List<FieldFault> faults)
    {
        if (metadata.Count > MostMetadataKeys)
        {
            faults.Add(new("metadata", $"has {metadata.Count} keys; at most {MostMetadataKeys} are allowed."));
            return;
        }

        foreach (var (key, value) in metadata)
        {
            if (key.Length is 0 or > LongestMetadataKey || !IsLine(key))
            {
                faults.Add(new("metadata", $"keys must have 1 to {LongestMetadataKey} characters and no control characters."));
            }
            else if (value is null || value.Length > LongestMetadataValue || !IsText(value))
            {
                faults.Add(new($"metadata.{key}", $"must be text of at most {LongestMetadataValue} characters without U+0000."));
            }
        }
    }

    /// <summary>True for one @ with text on both sides and no space: only sending shows whether mail arrives.</summary>
    public static bool IsEmail(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return email.Length <= LongestEmail && IsLine(email) && !email.Any(char.IsWhiteSpace)
            && at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1;
    }

    private static bool IsOptionalLine(string? text, int longest) =>
        text is null || (text.Length >= 1 && text.Length <= longest && IsLine(text));

    /// <summary>True for text of several lines too; PostgreSQL stores any character except U+0000.</summary>
    public static bool IsText(string text) => WellFormed.IsText(text);
}
