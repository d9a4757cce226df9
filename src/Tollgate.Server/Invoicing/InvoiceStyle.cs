namespace Tollgate.Server.Invoicing;

/// <summary>The look and language of a project's documents. The invoice itself has the content.</summary>
public sealed record InvoiceStyle
{
    /// <summary>The most bytes of a logo: 1 MB. Every file contains it.</summary>
    public const int LogoBytes = 1_000_000;

    /// <summary>The locale of words, numbers and dates: a tag of <see cref="InvoiceLocale.All"/>. Others read as <c>en</c>.</summary>
    public string Locale { get; init; } = "en";

    /// <summary>The project's time zone, for dates.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>PNG or JPEG. If it is something else, broken or beyond the limits, the document shows the name instead.</summary>
    public ReadOnlyMemory<byte> Logo { get; init; }

    /// <summary>
    /// Bank account, register, terms of payment: at the foot of every page, unchanged. A long text appears once, at the end.
    /// </summary>
    public string? Footer { get; init; }

    /// <summary>True for a sandbox project: the document says that nobody has to pay it.</summary>
    public bool IsSandbox { get; init; }
}
