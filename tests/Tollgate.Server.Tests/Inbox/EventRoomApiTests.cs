using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Payments.Stripe;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Inbox;

/// <summary>A project that signs events of its own, on a server that stores 1 MiB of them a day for each project.</summary>
public sealed class EventRoomApiTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly StripeHost _host = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["TOLLGATE_PROJECT_PROVIDER_EVENTS"] = "1" },
    };

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Events_beyond_the_days_room_are_refused_until_later_and_other_projects_events_are_not()
    {
        var (greedy, other) = (await _host.ProjectAsync(), await _host.ProjectAsync());
        for (var number = 0; number < 6; number++)
        {
            (await _host.SendAsync(greedy, EventOf(number))).ShouldBe(HttpStatusCode.OK);
        }

        using var refused = await StripeDouble.SendAsync(
            _host.Running.Server.Http, "/v1/webhooks/stripe", EventOf(6), DateTimeOffset.UtcNow, StripeHost.SecretOf(greedy));
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromHours(1));
        (await refused.Content.ReadAsStringAsync()).ShouldContain("TOLLGATE_PROJECT_PROVIDER_EVENTS");
        (await greedy.Door.GetAsync("/v1/provider-events?limit=100"))["data"].AsArray().Count.ShouldBe(6);
        (await _host.SendAsync(other, EventOf(0))).ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>An event of a type that Tollgate ignores, with 200 kB.</summary>
    private static JsonObject EventOf(int number) => new()
    {
        ["id"] = $"evt_{number}", ["object"] = "event", ["type"] = "radar.early_fraud_warning.created",
        ["created"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        ["data"] = new JsonObject { ["object"] = new JsonObject { ["id"] = "issfr_1", ["note"] = new string('x', 200_000) } },
    };
}
