using System.IO.Pipelines;
using System.Text.Json;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>What takes in events.</summary>
internal sealed record EventDoor(QuotaGate Gate, UnmatchedTypes Unmatched, Clock Clock);

/// <summary>The events of a request on their way into the lanes, and what became of them.</summary>
internal sealed class EventStream
{
    private readonly LineStream<EventOrder, GateAnswer> _lines;
    private readonly EventFields _fields;
    private readonly string? _idPrefix;

    public EventStream(Caller caller, EventDoor door, bool enforce, string? idPrefix, int mostListed)
    {
        _fields = new(enforce);
        _idPrefix = idPrefix;
        var project = caller.Project!;
        Tally = new(caller, door.Unmatched, door.Clock.Now(project), mostListed);

        // Not given up when the sender leaves: what was read is recorded.
        _lines = new(
            EventLimits.LineBytes, ReadLine, orders => door.Gate.RecordAsync(project, orders, CancellationToken.None).AsTask(), Tally.Add,
            Tally.Batch);
    }

    public EventTally Tally { get; }

    /// <summary>
    /// Reads lines until the stream ends. When the sender leaves, the whole lines that were read until then are recorded.
    /// </summary>
    public Task ReadLinesAsync(PipeReader pipe, CancellationToken cancel) => _lines.ReadLinesAsync(pipe, cancel);

    /// <summary>Adds an event that was read elsewhere; sends the chunk when it is full.</summary>
    public ValueTask AddAsync(long index, EventOrder order) => _lines.AddAsync(index, order);

    /// <summary>Sends what was gathered and waits for every answer.</summary>
    public Task FinishAsync() => _lines.FinishAsync();

    public string? IdOf(long index) => _idPrefix is null ? null : FormattableString.Invariant($"{_idPrefix}:{index}");

    private EventOrder? ReadLine(long index, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, EventForms.Strict);
        reader.Read();
        var order = EventForms.Read(ref reader, json, _fields, EventForms.Plain, IdOf(index));
        if (!reader.Read() && order is not null)
        {
            return order;
        }

        Tally.Reject(index, _fields);
        return null;
    }
}
