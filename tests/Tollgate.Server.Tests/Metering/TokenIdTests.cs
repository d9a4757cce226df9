using System.Text.Json;
using Tollgate.Server.Tests.Http;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Metering;

/// <summary>Ids and Idempotency-Keys of requests with a customer token are in a namespace of that customer.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class TokenIdTests(RunningServer server)
{
    private const string Project = "email-assistant";
    private const string Track = """{"metric_type": "leads_created", "count": 1}""";

    [Fact]
    public async Task A_token_cannot_take_an_event_id_of_the_back_end()
    {
        var token = await TokenAsync("ids-1");
        await TrackAsync(token, "scan-1001", 0.5m);
        var recorded = await EventsAsync("ids-1", "scan-1001", "scan-1002");
        recorded.GetProperty("accepted").GetInt32().ShouldBe(2);
        recorded.GetProperty("rejected_count").GetInt32().ShouldBe(0);
        (await UsedAsync("ids-1")).ShouldBe(2.5m);
    }

    [Fact]
    public async Task The_back_end_does_not_take_an_event_id_of_a_token()
    {
        await EventsAsync("ids-2", "scan-1");
        var token = await TokenAsync("ids-2");
        await TrackAsync(token, "scan-1", 1);
        (await UsedAsync("ids-2")).ShouldBe(2);
        await TrackAsync(await TokenAsync("ids-2"), "scan-1", 1);
        (await UsedAsync("ids-2")).ShouldBe(2, "The customer's next token repeats the customer's own request.");
    }

    [Theory]
    [InlineData("0193a000-0000-4000-8000-000000000001")]
    [InlineData("0193A000-0000-4000-8000-00000000000A")]
    [InlineData("6a3f9f0e-58a1-8c1d-9a2b-0c1d2e3f4a5b")]
    [InlineData("customer_token:6a3f9f0e-58a1-8c1d-9a2b-0c1d2e3f4a5b")]
    [InlineData("فاتورة'\"")]
    public async Task Any_form_of_id_is_kept_apart_and_listed_as_it_was_sent(string id)
    {
        var customer = "ids-3-" + Guid.NewGuid().ToString("N");
        if (id.All(char.IsAscii))
        {
            await TrackAsync(await TokenAsync(customer), id, 0.25m);
        }

        (await EventsAsync(customer, id)).GetProperty("accepted").GetInt32().ShouldBe(1);
        (await EventsAsync(customer, id)).GetProperty("replayed").GetInt32().ShouldBe(1);
        foreach (var listed in await ListedAsync(customer))
        {
            listed.GetProperty("id").GetString().ShouldBe(id);
            var isOfToken = listed.GetProperty("quantity").GetDecimal() == 0.25m;
            listed.GetProperty("source").GetString().ShouldBe(isOfToken ? "customer_token" : null);
            (listed.GetProperty("key").GetString() is not null).ShouldBe(isOfToken);
        }
    }

    [Fact]
    public async Task A_tokens_event_is_voided_explained_and_paged_by_its_key_and_never_by_the_id_alone()
    {
        var token = await TokenAsync("ids-4");
        await TrackAsync(token, "same", 0.5m);
        var key = (await ListedAsync("ids-4")).Single().GetProperty("key").GetString()!;
        (await server.SendAsync("POST", "/v1/events/same/void", Secret, """{"customer": "ids-4"}""")).ShouldBeProblem(
            404, "event_not_found");
        (await server.SendAsync("GET", "/v1/decisions/same?customer=ids-4", Secret)).ShouldBeProblem(404, "event_not_found");

        await EventsAsync("ids-4", "same");
        (await server.SendAsync("GET", $"/v1/decisions/{key}", Secret)).ShouldBe(200).Json.GetProperty("quantity").GetDecimal()
            .ShouldBe(0.5m);
        (await server.SendAsync("GET", "/v1/decisions/same?customer=ids-4", Secret)).ShouldBe(200).Json.GetProperty("quantity").GetDecimal()
            .ShouldBe(1);
        var older = (await server.SendAsync("GET", $"/v1/events?customer=ids-4&starting_after={key}", Secret)).ShouldBe(200).Json
            .GetProperty("data");
        older.EnumerateArray().ShouldNotContain(one => one.GetProperty("key").GetString() == key);

        (await server.SendAsync("POST", $"/v1/events/{key}/void", Secret, """{"customer": "ids-4"}""")).ShouldBe(200);
        (await UsedAsync("ids-4")).ShouldBe(1, "The event of the back end still counts.");
    }

    [Fact]
    public async Task Members_of_one_account_do_not_share_the_ids_of_their_tokens()
    {
        foreach (var member in (string[])["ids-5-a", "ids-5-b"])
        {
            (await server.SendAsync("POST", "/v1/customers/ids-5/members", Secret, $$"""{"id": "{{member}}"}""")).ShouldBe(201);
            await TrackAsync(await TokenAsync(member), "mine", 1);
        }

        await TrackAsync(await TokenAsync("ids-5"), "mine", 1);
        (await UsedAsync("ids-5")).ShouldBe(3);
    }

    [Fact]
    public async Task The_same_id_by_a_token_and_by_the_back_end_at_once_on_two_servers_counts_once_each()
    {
        await using var second = await TestServer.StartAsync(server.Database.ConnectionString);
        var token = await TokenAsync("ids-6");
        using var here = server.Server.NewClient(token);
        using var there = second.NewClient(token);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var id = $"race-{i % 5}";
            if (i % 2 == 0)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/usage/track", UriKind.Relative))
                {
                    Content = new StringContent(Track, System.Text.Encoding.UTF8, "application/json"),
                };
                request.Headers.Add("Idempotency-Key", id);
                using var answer = await (i % 4 == 0 ? here : there).SendAsync(request);
                ((int)answer.StatusCode).ShouldBe(200);
            }
            else
            {
                await EventsAsync("ids-6", id);
            }
        }));
        (await UsedAsync("ids-6")).ShouldBe(10);
        (await ListedAsync("ids-6")).Count.ShouldBe(10);
    }

    [Fact]
    public async Task An_Idempotency_Key_of_a_token_is_neither_the_back_ends_nor_another_customers()
    {
        (await server.SendAsync("POST", "/v1/customers", Secret, """{"id": "ids-7"}""")).ShouldBe(201);
        (await server.SendAsync("POST", "/v1/customers", Secret, """{"id": "ids-8"}""")).ShouldBe(201);
        var (first, other) = (await TokenAsync("ids-7"), await TokenAsync("ids-8"));
        var mine = (await OpenAsync(first)).ShouldBe(201);
        var theirs = (await OpenAsync(other)).ShouldBe(201);
        theirs.Header("Idempotent-Replayed").ShouldBeNull();
        theirs.Body.ShouldNotBe(mine.Body);

        // The back end's request of the same name is separate, the first time and the second; and the token's remains the token's.
        (await PlanAsync()).ShouldBe(201).Header("Idempotent-Replayed").ShouldBeNull();
        (await PlanAsync()).ShouldBe(201).Header("Idempotent-Replayed").ShouldBe("true");
        (await OpenAsync(first)).ShouldBe(201).Body.ShouldBe(mine.Body);

        Task<Reply> OpenAsync(string token) =>
            server.SendAsync("POST", "/v1/portal-sessions", token, "{}", ("Idempotency-Key", "order-5001"));
        Task<Reply> PlanAsync() =>
            server.SendAsync("POST", "/v1/customers", Secret, """{"id": "ids-9"}""", ("Idempotency-Key", "order-5001"));
    }

    [Fact]
    public async Task A_row_that_an_older_version_wrote_belongs_to_the_back_end()
    {
        (await server.SendAsync("POST", "/v1/customers", Secret, """{"id": "ids-10"}""", ("Idempotency-Key", "old-row"))).ShouldBe(201);
        (await server.Database.ScalarAsync<long>("SELECT count(*) FROM idempotency_keys WHERE key = 'old-row'")).ShouldBe(
            1, "The back end's keys are stored as they are sent, as they always were.");
        var token = await TokenAsync("ids-10");
        (await server.SendAsync("POST", "/v1/portal-sessions", token, "{}", ("Idempotency-Key", "old-row"))).ShouldBe(201);
    }

    private string Secret => server.Secret(Project);

    private async Task<string> TokenAsync(string customer) =>
        (await server.SendAsync("POST", $"/v1/customers/{customer}/tokens", Secret)).ShouldBe(201).Json.GetProperty("token").GetString()!;

    private async Task TrackAsync(string token, string id, decimal count) =>
        (await server.SendAsync(
            "POST", "/api/usage/track", token, JsonSerializer.Serialize(new { metric_type = "leads_created", count }),
            ("Idempotency-Key", id))).ShouldBe(200);

    private async Task<JsonElement> EventsAsync(string customer, params string[] ids) => (await server.SendAsync(
        "POST", "/v1/events", Secret, JsonSerializer.Serialize(ids.Select(id => new { id, customer, type = "leads_created" })))).ShouldBe(
        200).Json;

    private async Task<decimal> UsedAsync(string customer) =>
        (await server.SendAsync("GET", $"/v1/customers/{customer}/usage", Secret)).ShouldBe(200).Json.GetProperty("features")
            .GetProperty("leads_created").GetProperty("used").GetDecimal();

    private async Task<IReadOnlyList<JsonElement>> ListedAsync(string customer) =>
        [.. (await server.SendAsync("GET", $"/v1/events?customer={customer}", Secret)).ShouldBe(200).Json.GetProperty("data")
            .EnumerateArray()];
}
