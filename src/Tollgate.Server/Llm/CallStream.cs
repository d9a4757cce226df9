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

/// <summary>Sends the calls of an array or a stream into the lanes and counts the results.</summary>
internal sealed class CallStream
{
    /// <summary>The most calls in an array. Larger requests use a stream.</summary>
    public const int ArrayItems = 10_000;

    /// <summary>The most bytes of an array: ten thousand calls of 1.6 kB.</summary>
    public const int BodyBytes = 16 * 1024 * 1024;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = WireLimits.JsonDepth };

    private readonly LineStream<LlmCall, RecordedCall> _lines;
    private readonly ProjectSnapshot _project;
    private readonly string _idPrefix;

    /// <param name="idPrefix">The prefix of generated ids of calls without an id; empty: those calls get random ids and cannot be retried
    /// safely.</param>
    public CallStream(ProjectSnapshot project, RecordLlmCalls record, string idPrefix, int mostListed)
    {
        _project = project;
        _idPrefix = idPrefix;
        Tally = new(mostListed);

        // A line has room for a provider's answer, like the body of a single call. Recording continues if the sender disconnects.
        _lines = new(
            WireLimits.BodyBytes, ReadLine, calls => record.RunAsync(project, calls, CancellationToken.None).AsTask(), Tally.Add,
            Tally.Batch);
    }

    public CallTally Tally { get; }

    /// <summary>
    /// Reads lines until the stream ends. If the sender disconnects, Tollgate records the complete lines read until then.
    /// </summary>
    public Task ReadLinesAsync(PipeReader pipe, CancellationToken cancel) => _lines.ReadLinesAsync(pipe, cancel);

    /// <summary>Adds a call that the caller has read; sends the chunk when it is full.</summary>
    public ValueTask AddAsync(long index, LlmCall call) => _lines.AddAsync(index, call);

    /// <summary>Sends the remaining calls and waits for every answer.</summary>
    public Task FinishAsync() => _lines.FinishAsync();

    /// <summary>Null: the call has faults, which the tally has counted.</summary>
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

        // Throws if the JSON does not end here.
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
            // The check below finds all faults.
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

/// <summary>Counts the results of the calls of a request.</summary>
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
