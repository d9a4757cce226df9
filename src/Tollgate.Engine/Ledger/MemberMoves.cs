using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Ledger;

/// <summary>Moves operations of members to the lane of the customer whose balances they use, and back. Only the lane uses it.</summary>
/// <param name="elsewhere">Takes operations that belong to other accounts, in this order.</param>
internal sealed class MemberMoves(Action<LaneOp[]> elsewhere, ILogger log)
{
    /// <summary>The most moves of one operation between a member's account and its owner's.</summary>
    private const int MostMoves = 8;

    /// <summary>
    /// Moves operations of members, who use the balances of another customer, to the lane of that customer, and back if they have left it.
    /// </summary>
    public ValueTask MoveAsync(NpgsqlConnection connection, List<LaneOp> ops)
    {
        foreach (var op in ops)
        {
            if (op.Member is not null || op.Account?.Owner is not null)
            {
                return MoveAllAsync(connection, ops);
            }
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask MoveAllAsync(NpgsqlConnection connection, List<LaneOp> ops)
    {
        await AccountCache.LoadMembersAsync(connection, ops);
        ops.RemoveAll(op =>
        {
            if (op is { Member: { } member } && op.Account?.HasMember(member) != true)
            {
                // The sender's cache contains a member that has left: drop that first.
                var back = op.MoveTo(member, null);
                var forget =
                    new ForgetOp { Project = op.Project, Customer = member, Partition = back.Partition, Now = op.Now, OnOwnRows = true };
                return Moved([forget, back]);
            }

            return op is { Member: null, OnOwnRows: false, Account.Owner: { } owner } && Moved([op.MoveTo(owner, op.Customer)]);
        });
    }

    /// <summary>
    /// Moves operations; one that moves too often, because its member keeps joining and leaving, gets a refusal that asks for a retry.
    /// </summary>
    private bool Moved(LaneOp[] ops)
    {
        var last = ops[^1];
        if (last.Moves > MostMoves)
        {
            last.Answer = GateAnswer.Of(GateFault.Overloaded);
            ThreadPool.UnsafeQueueUserWorkItem(new LaneAnswers([last], log), preferLocal: false);
        }
        else
        {
            elsewhere(ops);
        }

        return true;
    }
}
