using Microsoft.Extensions.Logging;

namespace Tollgate.Engine.Ledger;

/// <summary>Answers some callers, one after the other, while the lane continues with the next batch.</summary>
internal sealed class LaneAnswers(List<LaneOp> ops, ILogger log) : IThreadPoolWorkItem
{
    public void Execute()
    {
        foreach (var op in ops)
        {
            End(op, log);
        }
    }

    /// <summary>
    /// Answers an operation and logs exceptions of the code that awaits it: on a thread of the pool they would end the process, and in a
    /// lane they would keep others from their answers.
    /// </summary>
    public static void End(LaneOp op, ILogger log)
    {
        try
        {
            op.End();
        }
        catch (Exception bug)
        {
            log.LogError(bug, "An operation of {Customer} could not be answered.", op.Customer);
        }
    }
}
