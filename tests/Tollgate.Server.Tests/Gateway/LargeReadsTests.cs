using Tollgate.Server.Gateway;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>The turns of projects that read large bodies and answers.</summary>
public sealed class LargeReadsTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_project_reads_one_large_text_at_a_time_and_keeps_no_other_project_waiting()
    {
        using var reads = new LargeReads(2);
        var first = await reads.TakeAsync(1, LargeReads.Large, Never);
        var second = reads.TakeAsync(1, LargeReads.Large, Never);
        second.IsCompleted.ShouldBeFalse();
        (await reads.TakeAsync(1, LargeReads.Large - 1, Never)).Dispose();
        using (await reads.TakeAsync(2, LargeReads.Large, Never))
        {
            reads.TakeAsync(3, LargeReads.Large, Never).AsTask().IsCompleted.ShouldBeFalse("the other cores are for everything else");
        }

        first.Dispose();
        (await second.AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).Dispose();
    }

    [Fact]
    public async Task A_caller_that_leaves_while_it_waits_gives_its_turn_back()
    {
        using var reads = new LargeReads(1);
        using var leave = new CancellationTokenSource();
        var first = await reads.TakeAsync(1, LargeReads.Large, Never);
        var own = reads.TakeAsync(1, LargeReads.Large, leave.Token).AsTask();
        var other = reads.TakeAsync(2, LargeReads.Large, leave.Token).AsTask();
        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => own);
        await Should.ThrowAsync<OperationCanceledException>(() => other);
        first.Dispose();
        reads.TakeAsync(1, LargeReads.Large, Never).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task A_calls_reads_take_the_turn_of_its_project()
    {
        using var budget = new ByteBudget(10 * LargeReads.Large);
        using var call = budget.Open(1);
        using var next = budget.Open(1);
        var turn = await call.TakeTurnAsync(LargeReads.Large, Never);
        var waiting = next.TakeTurnAsync(LargeReads.Large, Never);
        waiting.IsCompleted.ShouldBeFalse();
        turn.Dispose();
        (await waiting).Dispose();
    }
}
