using Tollgate.Contracts.Http;
using Tollgate.Engine.Ledger;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>A rejected fact, by its place in the request.</summary>
internal readonly record struct Rejection(long Index, string? Id, string Code, string Detail);

/// <summary>Counts the results of the facts of a request.</summary>
/// <param name="noun">The name of the facts in messages: events, calls.</param>
/// <param name="mostListed">The most rejected facts that the answer lists; it only counts the others.</param>
internal sealed class BatchTally(string noun, int mostListed)
{
    private readonly List<Rejection> _rejected = [];

    public long Accepted { get; private set; }

    public long Replayed { get; private set; }

    public long RejectedCount { get; private set; }

    /// <summary>The reason why the rest of the request is not recorded: the database or the lanes did not accept it.</summary>
    public ErrorCode? Broken { get; private set; }

    /// <summary>True: this request recorded the fact.</summary>
    public bool Add(long index, string? id, GateAnswer answer)
    {
        if (OutcomeMap.Code(answer.Fault) is { Status: StatusCodes.Status503ServiceUnavailable } broken)
        {
            Broken = broken;
            return false;
        }

        if (OutcomeMap.Code(answer.Fault) is { } fault)
        {
            Reject(index, id, fault.Code, answer.FaultDetail ?? fault.Description);
            return false;
        }

        Replayed += answer.Replayed ? 1 : 0;
        Accepted += answer.Replayed ? 0 : 1;
        return !answer.Replayed;
    }

    /// <summary>True: the answer lists the next rejected fact with its detail.</summary>
    public bool ListsMore => _rejected.Count < mostListed;

    public void Reject(long index, string? id, string code, string detail)
    {
        RejectedCount++;
        if (ListsMore)
        {
            _rejected.Add(new(index, id, code, detail));
        }
    }

    public void Reject(long index, string? id, Problem problem) => Reject(
        index, id, problem.Code,
        problem.Errors is { Count: > 0 } all ? string.Join(" ", all.Select(TextOf)) : problem.Detail ?? problem.Title);

    /// <summary>The rejected facts in the order of the request, although chunks are decided while later lines are read.</summary>
    public IEnumerable<Rejection> Rejected => _rejected.OrderBy(static one => one.Index);

    /// <summary>The 503 with the counts so far. A repeat of the whole request with the same ids counts nothing twice.</summary>
    public Problem BrokenOff(ErrorCode code) => Problem.Of(
        code,
        $"{Accepted} {noun} were recorded, and {Replayed} already were before. Send all of them again with the same ids: nothing counts "
            + "twice.")
        with { Accepted = Accepted, Replayed = Replayed };

    public static string TextOf(Fault fault) => fault.Param.Length == 0 ? fault.Detail : $"{fault.Param}: {fault.Detail}";
}
