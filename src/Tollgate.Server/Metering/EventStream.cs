using System.IO.Pipelines;
using System.Text.Json;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>The services that record events.</summary>
internal sealed record EventDoor(QuotaGate Gate, UnmatchedTypes Unmatched, Clock Clock);

/// <summary>Sends the events of a request into the lanes and counts the results.</summary>
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

        // Recording continues if the sender disconnects.
        _lines = new(
            EventLimits.LineBytes, ReadLine, orders => door.Gate.RecordAsync(project, orders, CancellationToken.None).AsTask(), Tally.Add,
            Tally.Batch);
    }

    public EventTally Tally { get; }

    /// <summary>
    /// Reads lines until the stream ends. If the sender disconnects, Tollgate records the complete lines read until then.
    /// </summary>
    public Task ReadLinesAsync(PipeReader pipe, CancellationToken cancel) => _lines.ReadLinesAsync(pipe, cancel);

    /// <summary>Adds an event that the caller has read; sends the chunk when it is full.</summary>
    public ValueTask AddAsync(long index, EventOrder order) => _lines.AddAsync(index, order);

    /// <summary>Sends the remaining events and waits for every answer.</summary>
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
