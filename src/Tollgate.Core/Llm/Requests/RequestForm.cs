using System.Globalization;
using System.Text;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// Reads a request as a form (<c>multipart/form-data</c>): transcriptions, images to edit. It reads fields and measures files.
/// </summary>
internal static class RequestForm
{
    /// <summary>The most bytes of the headers of one part.</summary>
    private const int LargestHead = 8 * 1024;

    /// <summary>The most parts of one form.</summary>
    private const int MostParts = 1_000;

    /// <summary>Returns false if the body is not a form.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, string contentType, RequestDraft draft)
    {
        if (BoundaryOf(contentType) is not { } boundary)
        {
            return false;
        }

        var line = Encoding.UTF8.GetBytes("--" + boundary);
        var at = body.IndexOf(line);
        for (var part = 0; part < MostParts && at >= 0; part++)
        {
            body = body[(at + line.Length)..];
            if (body.StartsWith("--"u8))
            {
                return true;
            }

            at = NextLine(body, line);
            ReadPart(at < 0 ? body : body[..at], draft);
        }

        return false;
    }

    // A boundary is at the beginning of a line.
    private static int NextLine(ReadOnlySpan<byte> body, ReadOnlySpan<byte> line)
    {
        var from = 0;
        while (body[from..].IndexOf(line) is var found and >= 0)
        {
            if (from + found > 0 && body[from + found - 1] == (byte)'\n')
            {
                return from + found;
            }

            from += found + line.Length;
        }

        return -1;
    }

    private static string? BoundaryOf(string contentType)
    {
        var at = contentType.IndexOf("boundary=", StringComparison.OrdinalIgnoreCase);
        var boundary = at < 0 ? "" : contentType[(at + 9)..].Split(';')[0].Trim().Trim('"');
        return boundary.Length is > 0 and <= 200 ? boundary : null;
    }

    private static void ReadPart(ReadOnlySpan<byte> part, RequestDraft draft)
    {
        var end = part[..Math.Min(part.Length, LargestHead)].IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return;
        }

        var head = Encoding.UTF8.GetString(part[..end]);
        var content = part[(end + 4)..];
        content = content.EndsWith("\r\n"u8) ? content[..^2] : content;
        var name = Quoted(head, " name=") ?? Quoted(head, ";name=") ?? "";
        var member = RequestNames.OfRequest(name.TrimEnd(']').TrimEnd('['));
        if (head.Contains("filename", StringComparison.OrdinalIgnoreCase))
        {
            ReadFile(content, member, draft);
        }
        else
        {
            draft.Says(0, member, name);
            ReadField(content, member, draft);
        }
    }

    private static string? Quoted(string head, string mark)
    {
        var at = head.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var value = head[(at + mark.Length)..];
        return value.StartsWith('"') ? value[1..].Split('"')[0] : value.Split(';', '\r')[0].Trim();
    }

    private static void ReadFile(ReadOnlySpan<byte> content, RequestMember member, RequestDraft draft)
    {
        var kind = RequestMedia.OfHead(content[..Math.Min(content.Length, 64)], content.Length, out var length);
        if (length is not null)
        {
            draft.Sound(length.Value);
            return;
        }

        var byName = member == RequestMember.Audio ? MediaKind.Audio : MediaKind.Image;
        draft.Files(kind == MediaKind.Unknown ? byName : kind, 1, content.Length, isCoarse: false);
    }

    private static void ReadField(ReadOnlySpan<byte> content, RequestMember member, RequestDraft draft)
    {
        switch (member)
        {
            case RequestMember.Model when content.Length is > 0 and <= PriceRules.LongestModel:
                draft.Model = Encoding.UTF8.GetString(content);
                break;
            case RequestMember.Stream:
                draft.IsStream = content.SequenceEqual("true"u8) || content.SequenceEqual("1"u8);
                break;
            case RequestMember.Input or RequestMember.Messages:
                draft.Prompt += DeliveredText.OfPlain(content);
                draft.Items(RequestMember.Input, 1);
                break;
            case RequestMember.Answers or RequestMember.MaxOutput:
                draft.Count(
                    member, long.TryParse(content, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null);
                break;
            default:
                break;
        }
    }
}
