using System.Net;
using System.Text;

namespace Tollgate.Server.Tests.Customers;

/// <summary>One rule of ids at every door that takes a customer: an id that no URL can contain is invalid.</summary>
[Collection(RunningServerTests.Others)]
public sealed class CustomerIdTests(RunningServer running)
{
    public static TheoryData<string, string, string?> Doors => new()
    {
        { "POST", "/v1/check", """{"customer": "ID", "feature": "ats_scan"}""" },
        { "POST", "/v1/consume", """{"customer": "ID", "feature": "ats_scan"}""" },
        { "POST", "/v1/reservations", """{"customer": "ID", "feature": "ats_scan", "amount": 1}""" },
        { "POST", "/v1/reservations/r-1/settle", """{"customer": "ID"}""" },
        { "POST", "/v1/reservations/r-1/extend", """{"customer": "ID"}""" },
        { "DELETE", "/v1/reservations/r-1?customer=ID", null },
        { "POST", "/v1/events", """{"customer": "ID", "type": "ats_scan"}""" },
        { "POST", "/v1/events/e-1/void", """{"customer": "ID"}""" },
        { "POST", "/v1/events/e-1/void?customer=ID", null },
        { "GET", "/v1/events?customer=ID", null },
        { "GET", "/v1/events.csv?customer=ID", null },
        { "GET", "/v1/decisions/e-1?customer=ID", null },
        { "POST", "/v1/customers", """{"id": "ID"}""" },
        { "POST", "/api/usage/track", """{"user_id": "ID", "metric_type": "ats_scan"}""" },
        { "POST", "/api/features/check", """{"user_id": "ID", "feature_name": "ats_scan"}""" },
        { "GET", "/api/usage/current?user_id=ID", null },
        { "GET", "/api/usage/limits?user_id=ID", null },
        { "GET", "/api/features/available?user_id=ID", null },
        { "GET", "/me/usage", null },
        { "POST", "/cv/generate", null },
        { "POST", "/ats/score", null },
        { "POST", "/export/posts/csv", null },
    };

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Dots_are_no_customer(string method, string path, string? body)
    {
        foreach (var dots in new[] { ".", ".." })
        {
            // The header names the customer if neither path nor body does; otherwise it has no effect.
            var came = await running.DoorOf("resume-ats", dots).SendAsync(
                new(method), path.Replace("ID", dots, StringComparison.Ordinal), body?.Replace("ID", dots, StringComparison.Ordinal));
            came.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, $"{path} {dots} {came.Json?.ToJsonString()}");
            came["detail"].GetValue<string>().ShouldContain("cannot be part of a URL");
        }
    }

    [Theory]
    [InlineData(
        "application/json",
        """[{"id": "d-1", "customer": "..", "type": "ats_scan"}, {"id": "..", "customer": "dots", "type": "ats_scan"}]""")]
    [InlineData(
        "application/x-ndjson",
        "{\"id\": \"d-1\", \"customer\": \"..\", \"type\": \"ats_scan\"}\n{\"id\": \"..\", \"customer\": \"dots\", \"type\": "
            + "\"ats_scan\"}")]
    public async Task Events_of_dots_are_listed_and_not_recorded(string type, string events)
    {
        using var client = running.Server.ClientFor("resume-ats");
        using var content = new StringContent(events, Encoding.UTF8, type);
        using var answer = await client.PostAsync("/v1/events", content);
        var body = System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        (body["accepted"]!.GetValue<int>(), body["rejected_count"]!.GetValue<int>()).ShouldBe((0, 2), body.ToJsonString());
    }

    [Fact]
    public async Task A_type_of_dots_is_a_type()
    {
        var came = await running.DoorOf("resume-ats")
            .PostAsync("/v1/events", """{"id": "dot-type", "customer": "dot-typed", "type": ".."}""");
        (came.Status, came["accepted"].GetValue<int>()).ShouldBe((HttpStatusCode.OK, 1));
    }

    /// <summary>A path is decoded once, and the same way everywhere: the text %2F in an id is not a slash.</summary>
    [Fact]
    public async Task Ids_of_events_reservations_and_tokens_survive_the_url()
    {
        var door = running.DoorOf("resume-ats");
        foreach (var id in new[] { "slash/1", "slash%2F1" })
        {
            var path = Uri.EscapeDataString(id);
            await door.PostAsync("/v1/consume", $$"""{"customer": "{{id}}", "feature": "ats_scan", "id": "{{id}}"}""");
            (await door.GetAsync($"/v1/decisions/{path}"))["customer"].GetValue<string>().ShouldBe(id);
            (await door.PostAsync($"/v1/events/{path}/void"))["voids"].GetValue<string>().ShouldBe(id);
            await door.PostAsync(
                "/v1/reservations", $$"""{"customer": "{{id}}", "feature": "ats_scan", "amount": 1, "id": "hold {{id}}"}""");
            (await door.PostAsync($"/v1/reservations/hold%20{path}/settle"))["used"].GetValue<int>().ShouldBe(1);
            var token = (await door.PostAsync($"/v1/customers/{path}/tokens", "{}"))["token"].GetValue<string>();
            (await running.DoorWith(token, id).GetAsync("/me/usage")).Status.ShouldBe(HttpStatusCode.OK, id);
        }
    }
}
