using Tollgate.Server.Gateway;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>The shares of projects in the gateway's memory.</summary>
public sealed class ByteBudgetTests
{
    [Fact]
    public void A_project_gets_as_much_as_it_leaves_the_others()
    {
        using var budget = new ByteBudget(1_200);
        using var first = budget.Open(1);
        first.TryTake(600).ShouldBeTrue();
        first.TryTake(1).ShouldBeFalse();
        budget.Open(1).TryTake(1).ShouldBeFalse("it is the project's share, and not the call's");
        using var second = budget.Open(2);
        second.TryTake(300).ShouldBeTrue();
        second.TryTake(1).ShouldBeFalse();
        using var third = budget.Open(3);
        third.TryTake(150).ShouldBeTrue();
        first.Dispose();
        second.TryTake(1).ShouldBeTrue();
    }

    [Fact]
    public void The_memory_of_a_stream_grows_and_shrinks()
    {
        using var budget = new ByteBudget(100);
        using (var call = budget.Open(1))
        {
            call.TryKeep(50).ShouldBeTrue();
            call.TryKeep(51).ShouldBeFalse();
            call.TryKeep(10).ShouldBeTrue();
            budget.Open(2).TryTake(45).ShouldBeTrue();
        }

        budget.Open(1).TryTake(27).ShouldBeTrue();
    }

    [Fact]
    public void A_large_body_whose_length_is_announced_is_copied_little()
    {
        const int Length = 30 * 1024 * 1024;
        using var budget = new ByteBudget(8L * Length);
        using var call = budget.Open(1);
        var (body, chunk) = (new HeldBody(call, 2 * Length, Length), new byte[AnswerRelay.ChunkBytes]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 0; at < Length; at += chunk.Length)
        {
            chunk.AsSpan().Fill((byte)(at / chunk.Length % 251));
            body.Add(chunk).ShouldBe(BodyEnd.Whole);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(Length * 3 / 2, "It was twice its length.");
        body.Bytes.Length.ShouldBe(Length);
        for (var at = 0; at < Length; at += chunk.Length)
        {
            body.Bytes.Span[at..(at + chunk.Length)].ContainsAnyExcept((byte)(at / chunk.Length % 251)).ShouldBeFalse();
        }

        budget.Open(1).TryTake(3L * Length).ShouldBeTrue("it holds its length and no more");
    }

    [Fact]
    public void A_body_that_cannot_fit_is_known_before_it_is_read()
    {
        using var budget = new ByteBudget(1_000);
        using var call = budget.Open(1);
        new HeldBody(call, 10_000, 500).MayFit.ShouldBeTrue();
        new HeldBody(call, 10_000, 501).MayFit.ShouldBeFalse();
        new HeldBody(call, 500, 501).MayFit.ShouldBeTrue("it is too large whatever the room, which reading tells");
        new HeldBody(call, 10_000, null).MayFit.ShouldBeTrue();
        budget.Open(1).TryTake(500).ShouldBeTrue("nothing is taken");
    }

    [Fact]
    public async Task A_body_takes_memory_for_what_has_come_and_not_for_what_is_announced()
    {
        using var budget = new ByteBudget(1024 * 1024);
        using var call = budget.Open(1);
        var body = new HeldBody(call, 600_000, 600_000);
        body.Add(new byte[10]).ShouldBe(BodyEnd.Whole);
        budget.Open(1).TryTake(480_000).ShouldBeTrue("the announced bytes are not taken");
        body.Add(new byte[200_000]).ShouldBe(BodyEnd.NoRoom);
        body.Bytes.Length.ShouldBe(10);

        using var other = budget.Open(2);
        var small = new HeldBody(other, 1_000, null);
        (await small.ReadAsync(new MemoryStream(new byte[1_001]), () => TestContext.Current.CancellationToken)).ShouldBe(BodyEnd.TooLarge);
        var whole = new HeldBody(other, 100_000, null);
        (await whole.ReadAsync(
            new MemoryStream(Enumerable.Range(0, 100_000).Select(static i => (byte)(i % 256)).ToArray()),
            () => TestContext.Current.CancellationToken)).ShouldBe(BodyEnd.Whole);
        whole.Bytes.Span[99_999].ShouldBe((byte)(99_999 % 256));
    }

    [Fact]
    public async Task An_answer_that_nobody_reads_is_read_on_for_a_while()
    {
        using var gone = new CancellationTokenSource();
        using var idle = new IdleTimeout(TimeSpan.FromHours(1), gone.Token, unread: TimeSpan.FromMilliseconds(200));
        var next = idle.Next();
        await gone.CancelAsync();
        next.IsCancellationRequested.ShouldBeFalse();
        await Should.ThrowAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromSeconds(30), next));
        idle.IsOver.ShouldBeTrue();
    }
}
