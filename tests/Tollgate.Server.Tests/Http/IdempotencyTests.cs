using System.Text;

namespace Tollgate.Server.Tests.Http;

[Collection(FrontDoorTests.Name)]
public sealed class IdempotencyTests(RunningServer server)
{
    private const string Restricted = """{"kind": "restricted", "scopes": ["usage:read"], "name": "once"}""";

    [Fact]
    public async Task A_repeat_gets_the_same_bytes_and_has_no_second_effect()
    {
        var before = await CountKeysAsync();
        var first = (await PostAsync("replay", Restricted)).ShouldBe(201);
        first.Header("Idempotent-Replayed").ShouldBeNull();
        var again = (await PostAsync("replay", Restricted)).ShouldBe(201);
        again.Body.ShouldBe(first.Body);
        again.ContentType.ShouldBe(first.ContentType);
        again.Header("Idempotent-Replayed").ShouldBe("true");
        (await CountKeysAsync()).ShouldBe(before + 1);
    }

    [Fact]
    public async Task One_of_many_simultaneous_requests_takes_effect_and_all_get_its_answer()
    {
        var before = await CountKeysAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PostAsync("at-once", Restricted)));
        replies.ShouldAllBe(reply => (int)reply.Status == 201);
        replies.Select(reply => Encoding.UTF8.GetString(reply.Body)).Distinct().Count().ShouldBe(1);
        (await CountKeysAsync()).ShouldBe(before + 1);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_and_asks_again_gets_one_effect()
    {
        var before = await CountKeysAsync();
        foreach (var milliseconds in Enumerable.Range(0, 20))
        {
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds / 2.0));
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/api-keys", UriKind.Relative))
            {
                Content = new StringContent(Restricted, Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("X-Api-Key", server.Secret("resume-ats"));
            request.Headers.Add("Idempotency-Key", $"hang-up-{milliseconds}");
            await Should.NotThrowAsync(() => server.Server.Http.SendAsync(request, impatient.Token)
                .ContinueWith(_ => { }, TaskScheduler.Default));
            (await PostAsync($"hang-up-{milliseconds}", Restricted)).ShouldBe(201);
        }

        (await CountKeysAsync()).ShouldBe(before + 20);
    }

    [Fact]
    public async Task Another_body_or_another_path_is_refused()
    {
        (await PostAsync("other", Restricted)).ShouldBe(201);
        (await PostAsync("other", Restricted + " ")).ShouldBeProblem(409, "idempotency_key_reused");
        (await server.SendAsync(
            "POST", "/v1/customers/u-1/tokens", server.Secret("resume-ats"), Restricted, ("Idempotency-Key", "other")))
            .ShouldBeProblem(409, "idempotency_key_reused");

        // The same text is another key in another project.
        (await server.SendAsync("POST", "/v1/api-keys", server.Secret("trendit"), Restricted, ("Idempotency-Key", "other"))).ShouldBe(201);
    }

    [Fact]
    public async Task A_refused_request_is_not_stored()
    {
        (await PostAsync("faulty", """{"kind": "nope"}""")).ShouldBeProblem(422, "validation_failed");
        (await PostAsync("faulty", "{")).ShouldBeProblem(400, "malformed_json");
        (await PostAsync("faulty", Restricted)).ShouldBe(201);
    }

    [Fact]
    public async Task A_stored_secret_is_of_no_use_to_others()
    {
        var first = (await PostAsync("sealed", Restricted)).ShouldBe(201);
        var text = first.Json.GetProperty("key").GetString()!;
        var stored = await server.Database.ScalarAsync<byte[]>("SELECT body FROM idempotency_keys WHERE key = 'sealed'");
        Encoding.Latin1.GetString(stored!).ShouldNotContain(text[12..]);

        // Another key of the same project is the same tenant, but it did not see the answer.
        var other = (await server.SendAsync("POST", "/v1/api-keys", server.Secret("resume-ats"), """{"kind": "secret"}""")).ShouldBe(201);
        (await server.SendAsync(
            "POST", "/v1/api-keys", other.Json.GetProperty("key").GetString(), Restricted, ("Idempotency-Key", "sealed")))
            .ShouldBeProblem(409, "conflict");
    }

    [Fact]
    public async Task Operations_of_the_whole_server_are_remembered_too()
    {
        const string body = """{"code": "twice", "name": "Twice", "mode": "sandbox"}""";
        var first = (await server.SendAsync("POST", "/v1/projects", server.Admin, body, ("Idempotency-Key", "p-1"))).ShouldBe(201);
        var again = (await server.SendAsync("POST", "/v1/projects", server.Admin, body, ("Idempotency-Key", "p-1"))).ShouldBe(201);
        again.Body.ShouldBe(first.Body);
        (await server.SendAsync("POST", "/v1/projects", server.Admin, body)).ShouldBeProblem(409, "project_exists");
    }

    [Fact]
    public async Task A_running_first_request_is_waited_for_and_then_reported()
    {
        // A claim whose owner never returns.
        (await PostAsync("stuck", Restricted)).ShouldBe(201);
        await server.Database.ExecuteAsync("UPDATE idempotency_keys SET status = NULL, body = NULL WHERE key = 'stuck'");
        var reply = (await PostAsync("stuck", Restricted)).ShouldBeProblem(409, "conflict");
        reply.Header("Retry-After").ShouldNotBeNull();

        await server.Database.ExecuteAsync("UPDATE idempotency_keys SET lease_until = now() WHERE key = 'stuck'");
        (await PostAsync("stuck", Restricted)).ShouldBe(201);
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused() =>
        (await PostAsync(new string('k', 256), Restricted)).ShouldBeProblem(400, "malformed_request");

    private Task<Reply> PostAsync(string key, string body) =>
        server.SendAsync("POST", "/v1/api-keys", server.Secret("resume-ats"), body, ("Idempotency-Key", key));

    private Task<long> CountKeysAsync() =>
        server.Database.ScalarAsync<long>(
            "SELECT count(*) FROM api_keys WHERE project_id = (SELECT id FROM projects WHERE code = 'resume-ats')");
}
