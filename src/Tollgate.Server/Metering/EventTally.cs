using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Core;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>Counts the results of the events of a request.</summary>
internal sealed class EventTally(Caller caller, UnmatchedTypes unmatched, Instant now, int mostListed)
{
    /// <summary>The most types that the answer names.</summary>
    private const int MostTypes = 20;

    private readonly ProjectSnapshot _project = caller.Project!;
    private readonly List<string> _unmatchedTypes = [];
    private long _overLimit;
    private long _unmatched;
    private string? _id;

    public BatchTally Batch { get; } = new("events", mostListed);

    public void Add(long index, EventOrder order, GateAnswer answer)
    {
        _id ??= OutcomeMap.Code(answer.Fault) is null && answer.Decision is not { Allowed: false } ? answer.Id : null;
        if (answer is { Decision: { Allowed: false } denied } && OutcomeMap.Code(answer.Fault) is null)
        {
            var code = OutcomeMap.Code(denied.Outcome)!;
            Batch.Reject(index, order.Id, code.Code, GateAnswers.Explain(_project, denied));
        }
        else if (answer.Fault == GateFault.Unmatched)
        {
            unmatched.Note(_project, order.Type, now);
            var hint = Batch.ListsMore ? UnmatchedEventsEndpoint.Hint(caller, order.Type) : "";
            Batch.Reject(
                index, order.Id, ErrorCode.EventUnmatched.Code, $"No meter reads events of the type '{Spelling.Shown(order.Type)}'.{hint}");
        }
        else if (Batch.Add(index, order.Id, answer))
        {
            _overLimit += answer.Decision?.Outcome == Outcome.RecordedOverLimit ? 1 : 0;
            NoteUnmatched(order.Type, answer);
        }
    }

    private void NoteUnmatched(string type, GateAnswer answer)
    {
        if (!answer.IsUnmatched)
        {
            return;
        }

        _unmatched++;
        unmatched.Note(_project, type, now);
        if (_unmatchedTypes.Count < MostTypes && !_unmatchedTypes.Contains(type))
        {
            _unmatchedTypes.Add(type);
        }
    }

    public void Reject(long index, EventFields fields) =>
        Batch.Reject(index, fields.Id, ErrorCode.ValidationFailed.Code, string.Join(" ", fields.Faults.Select(BatchTally.TextOf)));

    public RecordedEvents View() => new()
    {
        Id = Batch.Accepted + Batch.Replayed == 1 ? _id : null, Accepted = Batch.Accepted, Replayed = Batch.Replayed,
        OverLimit = _overLimit, RejectedCount = Batch.RejectedCount,
        Rejected = [.. Batch.Rejected.Select(static one => new RejectedEvent(one.Index, one.Id, one.Code, one.Detail))],
        Unmatched = _unmatched > 0, UnmatchedCount = _unmatched, UnmatchedTypes = _unmatchedTypes,
    };
}
