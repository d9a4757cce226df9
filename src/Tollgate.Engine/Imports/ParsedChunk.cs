using System.Text;
using Tollgate.Core.Imports;

namespace Tollgate.Engine.Imports;

/// <summary>A record with the number of its first line.</summary>
internal readonly record struct Numbered<TRecord>(long Line, TRecord Record)
    where TRecord : ImportRecord;

/// <summary>The records of a chunk by kind, and those that have faults of their own.</summary>
internal sealed class ParsedChunk
{
    private const int LongestShownId = 255;

    public required long Bytes { get; init; }

    public List<Numbered<CustomerRecord>> Customers { get; } = [];

    public List<Numbered<SubscriptionRecord>> Subscriptions { get; } = [];

    public List<Numbered<InvoiceRecord>> Invoices { get; } = [];

    public List<Numbered<UsageRecord>> Usage { get; } = [];

    public List<Numbered<CallRecord>> Calls { get; } = [];

    public List<ImportRejection> Rejected { get; } = [];

    /// <summary>Parses the records of a chunk. Empty lines are no records.</summary>
    /// <param name="header">The columns of CSV; null: NDJSON.</param>
    public static ParsedChunk Of(
        ReadOnlyMemory<byte> chunk, long firstLine, long bytes, IReadOnlyList<RecordField>? header, ImportTerms terms)
    {
        var (parsed, fields, line) = (new ParsedChunk { Bytes = bytes }, new RecordFields(), firstLine);
        foreach (var packed in RecordCutter.Read(chunk))
        {
            var text = packed.Bytes.Span.Trim(" \t\r\n"u8);
            if (line == 1 && text.StartsWith("\ufeff"u8))
            {
                text = text[Encoding.UTF8.Preamble.Length..];
            }

            if (packed.IsTooLong)
            {
                parsed.Rejected.Add(
                    new(line, null, new(ImportCodes.TooLong, $"A record has at most {ImportLimits.RecordBytes} bytes.")));
            }
            else if (!text.IsEmpty)
            {
                parsed.Add(line, text, fields, header, terms);
            }

            line += packed.Lines;
        }

        return parsed;
    }

    private void Add(
        long line, ReadOnlySpan<byte> text, RecordFields fields, IReadOnlyList<RecordField>? header, ImportTerms terms)
    {
        var fault = header is null ? fields.ReadJson(text) : fields.ReadCsv(text, header);
        var record = fault is null ? ImportRules.Read(fields, terms, out fault) : null;
        switch (record)
        {
            case UsageRecord usage:
                Usage.Add(new(line, usage));
                break;
            case CallRecord call:
                Calls.Add(new(line, call));
                break;
            case CustomerRecord customer:
                Customers.Add(new(line, customer));
                break;
            case SubscriptionRecord subscription:
                Subscriptions.Add(new(line, subscription));
                break;
            case InvoiceRecord invoice:
                Invoices.Add(new(line, invoice));
                break;
            default:
                Rejected.Add(
                    new(line, Shown(fields[RecordField.Id]), fault!) { Customer = Shown(fields[RecordField.Customer]) });
                break;
        }
    }

    private static string? Shown(string? id) => id is { Length: <= LongestShownId } && !id.Contains('\0') ? id : null;
}
