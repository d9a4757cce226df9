using System.Net;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>The keys of Stripe in the environment.</summary>
public sealed class StripeFromEnvironmentTests(TestPostgres postgres)
{
    private static readonly Dictionary<string, string> Live = new()
    {
        ["STRIPE_SECRET_KEY"] = "sk_live_of_this_test", ["STRIPE_WEBHOOK_SECRET"] = "whsec_ofThisTest0123456789ABCDEFGHIJKL",
        ["TOLLGATE_DEFAULT_PROJECT"] = "resume-ats",
    };

    [Fact]
    public async Task The_default_project_gets_the_keys_in_the_environment_once()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        string key;
        await using (var server = await TestServer.StartAsync(database.ConnectionString, environment: Live))
        {
            key = server.Keys["TOLLGATE_KEY_RESUME_ATS"];
            (await SettingsAsync(server.NewClient(key))).ShouldBe("stripe True");
            (await SettingsAsync(server.ClientFor("trendit"))).ShouldBe("manual True", "No other project gets them.");
            var status = await new Door(server.NewClient(null), null).GetAsync("/billing/status");
            status.ShouldBe(HttpStatusCode.OK, """{"status": "ok", "configured": true, "provider": "stripe"}""");
            server.Log.ShouldNotContain("sk_live_of_this_test");
            (await new Door(server.ClientFor("resume-ats"), null).PutAsync("/v1/payment-settings", """{"provider": "manual"}""")).Status
                .ShouldBe(HttpStatusCode.OK);
        }

        await using var again = await TestServer.StartAsync(database.ConnectionString, environment: Live);
        (await SettingsAsync(again.NewClient(key))).ShouldBe("manual True", "A choice stays.");
    }

    [Fact]
    public async Task Keys_that_the_project_cannot_have_are_a_warning()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var environment = new Dictionary<string, string>(Live) { ["STRIPE_SECRET_KEY"] = "sk_test_of_this_test" };
        await using var server = await TestServer.StartAsync(database.ConnectionString, environment: environment);
        (await SettingsAsync(server.ClientFor("resume-ats"))).ShouldBe("manual True");
        server.Log.ShouldContain("The keys of Stripe in the environment were not given to resume-ats");
    }

    private static async Task<string> SettingsAsync(HttpClient client)
    {
        var shown = await new Door(client, null).GetAsync("/v1/payment-settings");
        return $"{shown["provider"]} {shown["configured"].GetValue<bool>()}";
    }
}
