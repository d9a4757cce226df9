using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>Counts what became of the events of a request.</summary>
internal sealed class EventTally(ProjectSnapshot project, int mostListed)
{
    private long _overLimit;

    public BatchTally Batch { get; } = new("events", mostListed);

    public void Add(long index, EventOrder order, GateAnswer answer)
    {
        if (answer is { Decision: { Allowed: false } denied } && OutcomeMap.Code(answer.Fault) is null)
        {
            var code = OutcomeMap.Code(denied.Outcome)!;
            Batch.Reject(index, order.Id, code.Code, GateAnswers.RefusalOf(code, project, order.Customer, denied).Detail!);
        }
        else if (Batch.Add(index, order.Id, answer))
        {
            _overLimit += answer.Decision?.Outcome == Outcome.RecordedOverLimit ? 1 : 0;
        }
    }

    public void Reject(long index, EventFields fields) =>
        Batch.Reject(index, fields.Id, ErrorCode.ValidationFailed.Code, string.Join(" ", fields.Faults.Select(BatchTally.Told)));

    public RecordedEvents View() => new()
    {
        Accepted = Batch.Accepted, Replayed = Batch.Replayed, OverLimit = _overLimit, RejectedCount = Batch.RejectedCount,
        Rejected = [.. Batch.Rejected.Select(static one => new RejectedEvent(one.Index, one.Id, one.Code, one.Detail))],
    };
}
