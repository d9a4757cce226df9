namespace Tollgate.Server.Invoicing;

/// <summary>How a project's documents look and read; what they say is in the invoice itself.</summary>
public sealed record InvoiceStyle
{
    /// <summary>Most bytes of a logo that is drawn: 1 MB. It is kept in every file.</summary>
    public const int LogoBytes = 1_000_000;

    /// <summary>Words, numbers and dates are written so: a tag of <see cref="InvoiceLocale.All"/>. Others read as <c>en</c>.</summary>
    public string Locale { get; init; } = "en";

    /// <summary>Days are those of the project's zone.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>PNG or JPEG. What is something else, broken or beyond the limits is left out, and the name stands instead.</summary>
    public ReadOnlyMemory<byte> Logo { get; init; }

    /// <summary>
    /// Bank account, register, terms of payment: at the foot of every page, as it was written. Long texts stand once, at the end.
    /// </summary>
    public string? Footer { get; init; }

    /// <summary>Of a sandbox project: the document says that nobody has to pay it.</summary>
    public bool IsSandbox { get; init; }
}
