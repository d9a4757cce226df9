using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Projects;

public sealed class IdempotencyKeysTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    private readonly IdempotencyKeys _keys = new(fresh.Source, new CustomerKeys(aDay: 2), new Clock());

    [Fact]
    public async Task One_of_many_simultaneous_requests_gets_the_claim()
    {
        var request = Request("many");
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => _keys.ClaimAsync(request, CancellationToken.None)));
        claims.Count(claim => claim.State == ClaimState.Mine).ShouldBe(1);
        claims.Count(claim => claim.State == ClaimState.Running).ShouldBe(15);
    }

    [Fact]
    public async Task The_stored_answer_comes_back_byte_for_byte()
    {
        var request = Request("stored");
        var claim = await _keys.ClaimAsync(request, CancellationToken.None);
        await _keys.StoreAsync(request, claim.Id, new(201, "application/json", [1, 2, 0, 255], Sealed: false), CancellationToken.None);
        var again = await _keys.ClaimAsync(request, CancellationToken.None);
        again.State.ShouldBe(ClaimState.Answered);
        again.Answer!.Status.ShouldBe(201);
        again.Answer.Body.ShouldBe([1, 2, 0, 255]);
    }

    [Fact]
    public async Task Another_body_is_told_so_before_and_after_the_answer()
    {
        var request = Request("other-body");
        var claim = await _keys.ClaimAsync(request, CancellationToken.None);
        var other = request with { BodyHash = new byte[32] };
        (await _keys.ClaimAsync(other, CancellationToken.None)).State.ShouldBe(ClaimState.Reused);
        await _keys.StoreAsync(request, claim.Id, new(200, null, [], Sealed: false), CancellationToken.None);
        (await _keys.ClaimAsync(other, CancellationToken.None)).State.ShouldBe(ClaimState.Reused);
        (await _keys.ClaimAsync(other with { ProjectId = 2 }, CancellationToken.None)).State.ShouldBe(ClaimState.Mine);
    }

    [Fact]
    public async Task A_claim_is_taken_over_only_when_its_lease_has_ended()
    {
        var request = Request("died");
        var died = await _keys.ClaimAsync(request, CancellationToken.None);
        (await _keys.ClaimAsync(request, CancellationToken.None)).State.ShouldBe(ClaimState.Running);

        await fresh.Database.ExecuteAsync("UPDATE idempotency_keys SET lease_until = now() - interval '1 second' WHERE key = 'died'");
        (await _keys.ClaimAsync(request with { BodyHash = new byte[32] }, CancellationToken.None)).State.ShouldBe(ClaimState.Reused);
        var heir = await _keys.ClaimAsync(request, CancellationToken.None);
        heir.State.ShouldBe(ClaimState.Mine);

        // The dead attempt was only slow: its late answer does not count.
        await _keys.StoreAsync(request, died.Id, new(500, null, [], Sealed: false), CancellationToken.None);
        (await _keys.ClaimAsync(request, CancellationToken.None)).State.ShouldBe(ClaimState.Running);
    }

    [Fact]
    public async Task A_claim_that_was_given_up_is_free()
    {
        var request = Request("given-up");
        var claim = await _keys.ClaimAsync(request, CancellationToken.None);
        await _keys.ForgetAsync(request, claim.Id, CancellationToken.None);
        (await _keys.ClaimAsync(request, CancellationToken.None)).State.ShouldBe(ClaimState.Mine);
    }

    [Fact]
    public async Task A_customer_uses_so_many_new_keys_a_day_and_repeats_the_ones_it_has()
    {
        var first = Request("\n1") with { Customer = "one" };
        (await _keys.ClaimAsync(first, CancellationToken.None)).State.ShouldBe(ClaimState.Mine);
        (await _keys.ClaimAsync(Request("\n2") with { Customer = "one" }, CancellationToken.None)).State.ShouldBe(ClaimState.Mine);
        var refused = await _keys.ClaimAsync(Request("\n3") with { Customer = "one" }, CancellationToken.None);
        refused.State.ShouldBe(ClaimState.Limited);
        refused.RetryAfter!.Value.ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromDays(1));

        (await _keys.ClaimAsync(first, CancellationToken.None)).State.ShouldBe(ClaimState.Running, "The key is the customer's already.");
        (await _keys.ClaimAsync(Request("\n4") with { Customer = "two" }, CancellationToken.None)).State.ShouldBe(ClaimState.Mine);
        (await _keys.ClaimAsync(Request("5"), CancellationToken.None)).State.ShouldBe(ClaimState.Mine, "The back end is not bounded.");
    }

    [Fact]
    public void The_next_day_counts_anew()
    {
        var (keys, evening) = (new CustomerKeys(aDay: 1), Instant.FromUtc(new DateTime(2026, 3, 1, 23, 0, 0, DateTimeKind.Utc)));
        keys.Used(1, "one", evening);
        keys.PauseOf(1, "one", evening).ShouldBe(TimeSpan.FromHours(1));
        keys.PauseOf(1, "one", evening.Plus(TimeSpan.FromHours(1))).ShouldBeNull();
    }

    private static IdempotentRequest Request(string key) =>
        new(1, key, "POST /v1/things", [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
}
