using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>The webhook metrics in <c>/metrics</c> of a server on which no other project has any.</summary>
public sealed class WebhookMetricsTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task A_transaction_that_stays_open_is_seen_as_lag_and_what_waits_is_counted()
    {
        await using var receiver = await FakeUpstream.StartAsync();
        await using var server = await TestServer.StartAsync(database.ConnectionString);
        var admin = server.NewClient(server.AdminKey);
        var made = await new Door(admin, null).PostAsync(
            "/v1/projects",
            new JsonObject
            {
                ["code"] = "measured", ["name"] = "Measured", ["mode"] = "sandbox", ["catalog"] = BillingSandbox.Catalog,
            }.ToJsonString());
        var door = new Door(server.NewClient(made["secret_key"].GetValue<string>()), null);
        var endpoint = await door.PostAsync("/v1/webhook-endpoints", $$"""{"url": "{{receiver.Url}}", "events": ["subscription.*"]}""");
        await UntilAsync(async () =>
            (await ReadAsync("tollgate_webhooks_lag_seconds"), await ReadAsync("tollgate_webhooks_waiting")) == (0, 0));

        await using (var holder = new NpgsqlConnection(database.ConnectionString))
        {
            await holder.OpenAsync(TestContext.Current.CancellationToken);
            await using var begin = new NpgsqlCommand("BEGIN; SELECT pg_current_xact_id()", holder);
            await begin.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            foreach (var customer in new[] { "a", "b" })
            {
                (await door.PostAsync(
                    "/v1/subscriptions", $$"""{"customer": "{{customer}}", "plan": "pro", "trial": false}""")).Status.ShouldBe(
                    HttpStatusCode.Created);
            }

            await UntilAsync(async () => await ReadAsync("tollgate_webhooks_lag_seconds") > 5);
            (await ReadAsync("tollgate_webhooks_waiting")).ShouldBe(0);
        }

        // The receiver answers 500: published events wait.
        await UntilAsync(async () =>
            (await ReadAsync("tollgate_webhooks_lag_seconds"), await ReadAsync("tollgate_webhooks_waiting")) == (0, 2));
        (await ReadAsync("tollgate_webhooks_disabled", "manual")).ShouldBe(0);
        (await door.PatchAsync($"/v1/webhook-endpoints/{endpoint["id"]}", """{"enabled": false}""")).Status.ShouldBe(HttpStatusCode.OK);
        await UntilAsync(async () =>
            (await ReadAsync("tollgate_webhooks_disabled", "manual"), await ReadAsync("tollgate_webhooks_waiting")) == (1, 0));
        (await ReadAsync("tollgate_webhooks_disabled", "gone")).ShouldBe(0);

        async Task<double?> ReadAsync(string name, string? reason = null)
        {
            var text = await admin.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            var label = reason is null ? "" : $$"""\{reason="{{reason}}"\}""";
            return Regex.Match(text, $"(?m)^{name}{label} ([0-9.eE+-]+)$") is { Success: true } match
                ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
                : null;
        }
    }
}
