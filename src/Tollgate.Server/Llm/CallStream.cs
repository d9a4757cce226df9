using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Metering;

namespace Tollgate.Server.Llm;

/// <summary>The calls of an array or a stream on their way into the lanes, and what became of them.</summary>
internal sealed class CallStream
{
    /// <summary>Calls of an array. More belong into a stream.</summary>
    public const int ArrayItems = 10_000;

    /// <summary>Bytes of an array: ten thousand calls of 1.6 kB.</summary>
    public const int BodyBytes = 16 * 1024 * 1024;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = WireLimits.JsonDepth };

    private readonly LineStream<LlmCall, RecordedCall> _lines;
    private readonly ProjectSnapshot _project;
    private readonly string _idPrefix;

    /// <param name="idPrefix">Of the ids of calls that have none; empty: those get ids of their own and cannot be retried safely.</param>
    public CallStream(ProjectSnapshot project, RecordLlmCalls record, string idPrefix, int mostListed)
    {
        _project = project;
        _idPrefix = idPrefix;
        Tally = new(mostListed);

        // A line has room for a provider's answer, as the body of a single call. Not given up when the sender leaves.
        _lines = new(
            WireLimits.BodyBytes, ReadLine, calls => record.RunAsync(project, calls, CancellationToken.None).AsTask(), Tally.Add,
            Tally.Batch);
    }

    public CallTally Tally { get; }

    /// <summary>
    /// Reads lines until the stream ends. When the sender leaves, the whole lines that were read until then are recorded.
    /// </summary>
    public Task ReadLinesAsync(PipeReader pipe, CancellationToken cancel) => _lines.ReadLinesAsync(pipe, cancel);

    /// <summary>Adds a call that was read elsewhere; sends the chunk when it is full.</summary>
    public ValueTask AddAsync(long index, LlmCall call) => _lines.AddAsync(index, call);

    /// <summary>Sends what was gathered and waits for every answer.</summary>
    public Task FinishAsync() => _lines.FinishAsync();

    /// <summary>Null: it has faults, and the tally has them.</summary>
    public LlmCall? Read(long index, JsonElement item)
    {
        if (Problems.OfUnicode(JsonMarshal.GetRawUtf8Value(item)) is { } notUnicode)
        {
            Tally.Batch.Reject(index, null, notUnicode);
            return null;
        }

        var (body, problem) = BodyOf(item);
        if (body is not null)
        {
            var faults = new Faults();
            faults.Id(body.Id, "id", required: false);
            if (CallReading.Read(body, body.Id ?? IdOf(index), _project, faults) is { } call)
            {
                return call;
            }

            problem = Problems.Of(faults.Found, ErrorCode.ValidationFailed);
        }

        Tally.Batch.Reject(index, IdIn(item), problem!);
        return null;
    }

    private LlmCall? ReadLine(long index, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Strict);
        var item = JsonElement.ParseValue(ref reader);

        // Throws when something follows.
        reader.Read();
        return Read(index, item);
    }

    private static (LlmCallRequest? Body, Problem? Problem) BodyOf(JsonElement item)
    {
        try
        {
            if (item.Deserialize(WireJson.Default.LlmCallRequest) is { } body)
            {
                return (body, null);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The faults are found below, all of them.
        }

        return (null, BodyFaults.Explain(item, WireJson.Default.LlmCallRequest));
    }

    private string IdOf(long index) =>
        _idPrefix.Length == 0 ? LlmCallsEndpoints.NewId() : FormattableString.Invariant($"{_idPrefix}:{index}");

    private static string? IdIn(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String
            ? id.GetString()
            : null;
}

/// <summary>Counts what became of the calls of a request.</summary>
internal sealed class CallTally(int mostListed)
{
    private long _unpriced;
    private NanoUsd _cost;

    public BatchTally Batch { get; } = new("calls", mostListed);

    public void Add(long index, LlmCall call, RecordedCall recorded)
    {
        if (Batch.Add(index, call.Id, recorded.Answer))
        {
            _unpriced += recorded.Cost.Cost is null ? 1 : 0;
            _cost += recorded.Cost.Cost ?? NanoUsd.Zero;
        }
    }

    public LlmCallsRecorded View() => new()
    {
        Accepted = Batch.Accepted, Replayed = Batch.Replayed, Unpriced = _unpriced, CostUsd = _cost.ToString(),
        RejectedCount = Batch.RejectedCount,
        Rejected = [.. Batch.Rejected.Select(static one => new LlmCallRejected(one.Index, one.Id, one.Code, one.Detail))],
    };
}
