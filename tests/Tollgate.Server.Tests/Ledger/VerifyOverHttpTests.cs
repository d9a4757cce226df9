using System.Text.Json;
using Npgsql;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Ledger;

/// <summary><c>POST /v1/verify</c>: its findings, their projects, and the refusal of a second run at the same time.</summary>
public sealed class VerifyOverHttpTests(MeteringHost host) : IClassFixture<MeteringHost>
{
    [Fact]
    public async Task A_ledger_that_agrees_with_its_events_is_clean_and_one_that_does_not_says_where()
    {
        await host.PostAsync("/v1/consume", """{"customer":"watched","feature":"call","amount":7,"id":"w-1"}""");
        await host.PostAsync("/v1/reservations", """{"customer":"watched","feature":"call","amount":3,"id":"w-2"}""");
        var (status, clean) = await host.PostAsync("/v1/verify", "");
        (status, clean.GetProperty("clean").GetBoolean()).ShouldBe((200, true), clean.ToString());
        clean.GetProperty("events").GetInt64().ShouldBeGreaterThanOrEqualTo(1);
        clean.GetProperty("balances").GetInt64().ShouldBeGreaterThanOrEqualTo(1);
        clean.GetProperty("reservations").GetInt64().ShouldBeGreaterThanOrEqualTo(1);
        clean.GetProperty("checks").EnumerateArray().ShouldAllBe(check => check.GetProperty("count").GetInt64() == 0);

        await host.Database.ExecuteAsync(
            "UPDATE balances SET used = used + 1 WHERE account = (SELECT account FROM customers WHERE id = 'watched')");
        try
        {
            var (again, found) = await host.PostAsync("/v1/verify", "");
            (again, found.GetProperty("clean").GetBoolean()).ShouldBe((200, false), found.ToString());
            var place = found.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("kind").GetString() == "used")
                .GetProperty("first").EnumerateArray().ShouldHaveSingleItem();
            (Text(place, "project"), Text(place, "customer"), Text(place, "feature")).ShouldBe(("meters", "watched", "call"));
            (decimal.Parse(Text(place, "expected"), null), decimal.Parse(Text(place, "found"), null)).ShouldBe((7m, 8m));

            // A project's key sees its own project only; the admin key sees all of them, or the one that it names.
            (await IsCleanAsync(host.Server.Keys["TOLLGATE_KEY_RESUME_ATS"])).ShouldBeTrue();
            (await IsCleanAsync(host.Server.AdminKey)).ShouldBeFalse();
            (await IsCleanAsync(host.Server.AdminKey, "meters")).ShouldBeFalse();
            (await IsCleanAsync(host.Server.AdminKey, "resume-ats")).ShouldBeTrue();
        }
        finally
        {
            await host.Database.ExecuteAsync(
                "UPDATE balances SET used = used - 1 WHERE account = (SELECT account FROM customers WHERE id = 'watched')");
        }

        (await host.PostAsync("/v1/verify", "")).Body.GetProperty("clean").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Public_keys_and_customer_tokens_may_not_verify()
    {
        var token = (await host.PostAsync("/v1/customers/somebody/tokens", "{}")).Body.GetProperty("token").GetString()!;
        foreach (var key in new[] { token, host.Server.Keys["TOLLGATE_PUBLIC_KEY_RESUME_ATS"] })
        {
            using var client = host.Server.NewClient(key);
            using var answer = await client.PostAsync("/v1/verify", null);
            ((int)answer.StatusCode).ShouldBe(403);
        }
    }

    [Fact]
    public async Task Only_one_check_runs_at_a_time_and_the_next_caller_is_told_when_to_come_back()
    {
        await using var holder = await host.Database.Source.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("LOCK TABLE balances IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync();
        }

        // One of the two waits for the lock; the second one is refused immediately.
        using var one = host.Server.NewClient(host.Server.AdminKey);
        var first = one.PostAsync("/v1/verify", null);
        var second = one.PostAsync("/v1/verify", null);
        using var refused = await await Task.WhenAny(first, second);
        ((int)refused.StatusCode).ShouldBe(409);
        refused.Headers.RetryAfter.ShouldNotBeNull();

        await transaction.RollbackAsync();
        using var a = await first;
        using var b = await second;
        new[] { (int)a.StatusCode, (int)b.StatusCode }.Order().ShouldBe([200, 409]);
        (await host.PostAsync("/v1/verify", "")).Status.ShouldBe(200, "the place is free again");
    }

    [Fact]
    public async Task A_check_of_one_project_keeps_no_other_from_its_own()
    {
        await using var holder = await host.Database.Source.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("LOCK TABLE balances IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var (one, other) = (host.PostAsync("/v1/verify", ""), IsCleanAsync(host.Server.Keys["TOLLGATE_KEY_RESUME_ATS"]));
        await Eventually.UntilAsync(async () => await host.Database.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE "
                + "'%balances b%'") >= 2
            || one.IsCompleted || other.IsCompleted);
        await transaction.RollbackAsync();
        (await one).Status.ShouldBe(200);
        (await other).ShouldBeTrue();
    }

    private async Task<bool> IsCleanAsync(string key, string? project = null)
    {
        using var client = host.Server.NewClient(key);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verify");
        if (project is not null)
        {
            request.Headers.Add("X-Project", project);
        }

        using var answer = await client.SendAsync(request);
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        ((int)answer.StatusCode).ShouldBe(200, body.ToString());
        return body.GetProperty("clean").GetBoolean();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).ToString();
}
