using System.Buffers.Text;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Reads usage from a stream while it passes: call <see cref="Feed"/> for every chunk, cut anywhere, then <see cref="Finish"/>. It keeps
/// only the current event. Most events have no usage, so it searches them for its name instead of parsing them. Not thread-safe.
/// </summary>
public sealed class UsageStream
{
    /// <summary>
    /// The bytes of the largest event that it reads: a generated image or a response of 128,000 tokens fits. It skips larger ones.
    /// </summary>
    public const int LargestEvent = 8 * 1024 * 1024;

    // The events at the start that are parsed for the model's name and the answer's id; some streams never state them.
    private const int Openings = 4;

    private readonly int _largestEvent;
    private readonly UsageDraft _draft;
    private readonly StreamEventReader _read;
    private StreamFraming? _framing;
    private UsageReport? _report;
    private bool _hasBytes;
    private int _events;

    public UsageStream(LlmRoute route, int largestEvent = LargestEvent)
    {
        _largestEvent = largestEvent;
        _draft = new(route);
        _read = ReadEvent;
    }

    /// <summary>The text delivered so far.</summary>
    public DeliveredText Text { get; private set; }

    /// <summary>True if the stream ended properly, with its provider's mark.</summary>
    public bool HasEnded => _draft.IsEnded;

    /// <summary>True if an error arrived, in place of an answer or in the middle of it.</summary>
    public bool HasFailed => _draft.Error is not null;

    /// <summary>True if the usage is known, unless a later event replaces it.</summary>
    public bool HasUsage => _draft.IsReported;

    public void Feed(ReadOnlySpan<byte> chunk)
    {
        Invariant.That(_report is null, "The stream was finished.");
        if (_framing is null)
        {
            // A byte order mark may precede the text, also in pieces.
            chunk = chunk.TrimStart("\uFEFF \t\r\n"u8);
            if (chunk.IsEmpty)
            {
                return;
            }

            _framing = StreamFraming.Of(chunk[0], _largestEvent);
        }

        _hasBytes = true;
        _framing.Feed(chunk, _read);
    }

    /// <summary>The bytes of memory of the current event.</summary>
    public int Held => _framing?.Held ?? 0;

    /// <summary>Discards the current event for lack of memory, as if it were too large.</summary>
    public void Drop() => _framing?.Drop();

    /// <summary>Returns the report of the stream so far. Repeated calls return the same report.</summary>
    public UsageReport Finish()
    {
        if (_report is null)
        {
            _framing?.Finish(_read);
            _report = Report();
        }

        return _report;
    }

    private UsageReport Report()
    {
        if (!_hasBytes)
        {
            return UsageReport.Silent;
        }

        var isRefused = HasFailed && !HasUsage && Text.Characters == 0;
        return isRefused ? _draft.Refused() : _draft.Answered() with { IsPartial = _events > 0 && !HasEnded };
    }

    private void ReadEvent(ReadOnlySpan<byte> data, bool isError)
    {
        _events++;
        if (data.StartsWith("[DONE]"u8))
        {
            _draft.End();
            return;
        }

        if (_draft.Api == LlmApi.BedrockInvoke && TextScan.Named(data, "\"bytes\""u8) is { IsEmpty: false } coded
            && coded.StartsWith("\""u8))
        {
            ReadCoded(coded[1..], isError);
            return;
        }

        ReadJson(data, isError);
    }

    /// <summary>Reads a chunk of the vendor, which Invoke wraps as base64 in the member "bytes".</summary>
    private void ReadCoded(ReadOnlySpan<byte> coded, bool isError)
    {
        var end = coded.IndexOf((byte)'"');
        if (end < 0)
        {
            return;
        }

        var plain = new byte[Base64.GetMaxDecodedFromUtf8Length(end)];
        if (Base64.DecodeFromUtf8(coded[..end], plain, out _, out var written) == System.Buffers.OperationStatus.Done)
        {
            ReadJson(plain.AsSpan(0, written), isError);
        }
    }

    private void ReadJson(ReadOnlySpan<byte> data, bool isError)
    {
        var isOpening = _events <= Openings && _draft.Model is null;
        if (isError || isOpening || _draft.Api == LlmApi.Unknown || UsageMarks.AreIn(data, _draft.Api))
        {
            using var document = JsonMembers.Parse(data);
            if (document is not null)
            {
                UsageReader.Apply(document.RootElement, _draft);
            }

            if (isError)
            {
                _draft.Fail(UsageReader.ErrorOf(document) ?? "The stream ended with an error.");
            }
        }

        Text += TextScan.Count(_draft.Api, data);
    }
}
