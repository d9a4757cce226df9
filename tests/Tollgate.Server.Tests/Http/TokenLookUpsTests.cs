using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Tests.Http;

/// <summary>Requests with one customer token cannot block those with another one.</summary>
public sealed class TokenLookUpsTests
{
    private static readonly KeyHash Flooding = KeyHash.Of("flooding");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flood_with_one_token_waits_behind_itself_and_has_an_end()
    {
        using var lookUps = new TokenLookUps();
        var first = await lookUps.TakeAsync(Flooding, Cancel);
        var waiting = Enumerable.Range(0, TokenLookUps.WaitingOfOne).Select(_ => lookUps.TakeAsync(Flooding, Cancel).AsTask()).ToList();
        waiting.ShouldAllBe(static one => !one.IsCompleted);
        (await lookUps.TakeAsync(Flooding, Cancel)).ShouldBeNull("so many wait already");

        foreach (var other in (string[])["a", "b", "c", "d"])
        {
            var turn = lookUps.TakeAsync(KeyHash.Of(other), Cancel).AsTask();
            turn.IsCompleted.ShouldBeTrue(other);
            (await turn).ShouldNotBeNull().Dispose();
        }

        first.ShouldNotBeNull().Dispose();
        foreach (var one in waiting)
        {
            (await one).ShouldNotBeNull().Dispose();
        }

        lookUps.Tokens.ShouldBe(0);
    }

    [Fact]
    public async Task Only_so_many_tokens_are_looked_up_at_once_and_who_leaves_gives_its_turns_back()
    {
        using var lookUps = new TokenLookUps();
        using var gone = new CancellationTokenSource();
        var held = await Task.WhenAll(Enumerable.Range(0, TokenLookUps.AtOnce)
            .Select(at => lookUps.TakeAsync(KeyHash.Of($"held {at}"), Cancel).AsTask()));
        var leaving = new[] { Flooding, Flooding, KeyHash.Of("other") }.Select(token => lookUps.TakeAsync(token, gone.Token).AsTask())
            .ToList();
        leaving.ShouldAllBe(static one => !one.IsCompleted);
        await gone.CancelAsync();
        foreach (var one in leaving)
        {
            await Should.ThrowAsync<OperationCanceledException>(one);
        }

        lookUps.Tokens.ShouldBe(TokenLookUps.AtOnce);
        foreach (var one in held)
        {
            one.ShouldNotBeNull().Dispose();
        }

        lookUps.Tokens.ShouldBe(0);
        (await lookUps.TakeAsync(Flooding, Cancel)).ShouldNotBeNull().Dispose();
    }
}
