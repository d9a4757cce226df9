using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>Events that are recorded together, with their places in the request.</summary>
internal sealed class EventChunk
{
    public List<EventOrder> Orders { get; } = [];

    public List<long> Indexes { get; } = [];

    public int Count => Orders.Count;

    public void Add(long index, EventOrder order)
    {
        Orders.Add(order);
        Indexes.Add(index);
    }
}

/// <summary>Counts what became of the events of a request.</summary>
/// <param name="mostListed">Rejected events that the answer lists; the others are only counted.</param>
internal sealed class EventTally(ProjectSnapshot project, int mostListed)
{
    private readonly List<RejectedEvent> _rejected = [];
    private long _accepted;
    private long _replayed;
    private long _overLimit;
    private long _rejectedCount;

    /// <summary>Why the rest of the request was not recorded: the database or the lanes did not take it.</summary>
    public ErrorCode? Broken { get; private set; }

    public void Add(EventChunk chunk, IReadOnlyList<GateAnswer> answers)
    {
        for (var i = 0; i < answers.Count; i++)
        {
            Add(chunk.Indexes[i], chunk.Orders[i], answers[i]);
        }
    }

    private void Add(long index, EventOrder order, GateAnswer answer)
    {
        if (OutcomeMap.Code(answer.Fault) is { } fault)
        {
            if (fault.Status == StatusCodes.Status503ServiceUnavailable)
            {
                Broken = fault;
            }
            else
            {
                Reject(index, order.Id, fault.Code, fault.Description);
            }
        }
        else if (answer.Decision is { Allowed: false } denied)
        {
            var code = OutcomeMap.Code(denied.Outcome)!;
            Reject(index, order.Id, code.Code, GateAnswers.RefusalOf(code, project, order.Customer, denied).Detail!);
        }
        else if (answer.Replayed)
        {
            _replayed++;
        }
        else
        {
            _accepted++;
            _overLimit += answer.Decision?.Outcome == Core.Quotas.Outcome.RecordedOverLimit ? 1 : 0;
        }
    }

    public void Reject(long index, EventFields fields) =>
        Reject(index, fields.Id, ErrorCode.ValidationFailed.Code, string.Join(" ", fields.Faults.Select(f => f.Param.Length == 0 ? f.Detail : $"{f.Param}: {f.Detail}")));

    public void Reject(long index, string? id, string code, string detail)
    {
        _rejectedCount++;
        if (_rejected.Count < mostListed)
        {
            _rejected.Add(new(index, id, code, detail));
        }
    }

    /// <summary>The answer; its list is in the order of the request although chunks are decided while later lines are read.</summary>
    public RecordedEvents View()
    {
        _rejected.Sort(static (a, b) => a.Index.CompareTo(b.Index));
        return new() { Accepted = _accepted, Replayed = _replayed, OverLimit = _overLimit, RejectedCount = _rejectedCount, Rejected = _rejected };
    }

    /// <summary>503 with how far it came: sending everything again with the same ids counts nothing twice.</summary>
    public Problem BrokenOff(ErrorCode code) => Problem.Of(
        code, $"{_accepted} events were recorded and {_replayed} had been before. Send all of them again with the same ids: nothing counts twice.")
        with { Accepted = _accepted, Replayed = _replayed };
}
