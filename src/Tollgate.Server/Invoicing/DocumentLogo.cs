using Tollgate.Server.Invoicing.Pdf;

namespace Tollgate.Server.Invoicing;

/// <summary>A project's picture at the top of its documents.</summary>
/// <param name="Type">Its media type.</param>
internal sealed record DocumentLogo(ReadOnlyMemory<byte> Bytes, string Type, PdfPicture Picture)
{
    /// <summary>Null: the picture cannot be drawn. The document then has no logo.</summary>
    public static DocumentLogo? TryRead(ReadOnlyMemory<byte> bytes) =>
        bytes.Length is > 0 and <= InvoiceStyle.LogoBytes && PdfPicture.TryRead(bytes.Span) is { } picture
            ? new(bytes, picture.IsJpeg ? "image/jpeg" : "image/png", picture)
            : null;
}
