using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Catalog;

/// <summary>
/// A request has the catalogue of its start. Meanwhile another request, or another server, publishes a newer one and writes rows that name
/// its plan versions.
/// </summary>
[Collection(RunningServerTests.Others)]
public sealed class NewerCatalogTests(RunningServer running)
{
    /// <summary>As another server would: without a notice, so that this server still has the catalogue before.</summary>
    private const string PublishElsewhere = """
        WITH project AS (SELECT id FROM projects WHERE code = $1),
             version AS (INSERT INTO plan_versions (project_id, plan, version, document)
                         SELECT project_id, plan, version + 1, document
                           FROM plan_versions
                          WHERE project_id = (SELECT id FROM project) AND plan = 'pro'
                       ORDER BY version DESC
                          LIMIT 1
                      RETURNING id),
             catalog AS (INSERT INTO catalogs (project_id, revision, etag, document, in_force_from, default_plan_version_id)
                         SELECT project_id, revision + 1, etag || 'x', document, in_force_from, default_plan_version_id
                           FROM catalogs
                          WHERE project_id = (SELECT id FROM project)
                       ORDER BY revision DESC
                          LIMIT 1),
             customer AS (UPDATE customers
                             SET plan_version_id = (SELECT id FROM version)
                           WHERE project_id = (SELECT id FROM project) AND id = 'acme')
        UPDATE subscriptions
           SET plan_version_id = (SELECT id FROM version)
         WHERE project_id = (SELECT id FROM project)
        """;

    private const string WithoutCalls =
        """
        code: billing
        name: Billing
        currency: USD
        time_zone: Etc/UTC
        default_plan: free
        features:
          - { code: exports, name: Exports, unit: export }
        plans:
          - { code: free, name: Free, entitlements: [{ feature: exports, quota: 0 }] }
          - code: pro
            name: Pro
            prices: [{ interval: monthly, amount: 2900 }]
            entitlements: [{ feature: exports, quota: 10 }]
        """;

    [Fact]
    public async Task A_read_of_a_row_with_a_newer_plan_version_repeats_with_the_newer_catalogue()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        var portal = await sandbox.Door.PostAsync("/v1/portal-sessions", """{"customer": "acme"}""");
        var page = new Uri(portal["url"].GetValue<string>()).AbsolutePath;
        await using var database = NpgsqlDataSource.Create(running.ConnectionString);
        foreach (var path in (string[])[page, $"/v1/subscriptions/{id}", "/v1/subscriptions", "/v1/subscriptions.csv", "/v1/customers/acme"])
        {
            await using var publish = database.CreateCommand(PublishElsewhere);
            publish.Parameters.Add(new() { Value = sandbox.Code });
            (await publish.ExecuteNonQueryAsync()).ShouldBe(1);

            using var answer = await sandbox.FetchAsync(path);

            answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{path}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public async Task A_change_that_meets_a_newer_plan_version_is_refused_once_and_then_has_the_newer_catalogue()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await using var database = NpgsqlDataSource.Create(running.ConnectionString);
        await using var publish = database.CreateCommand(PublishElsewhere);
        publish.Parameters.Add(new() { Value = sandbox.Code });
        await publish.ExecuteNonQueryAsync();

        var first = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""");
        var second = first.Status == HttpStatusCode.OK ? first : await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""");

        if (first.Status != HttpStatusCode.OK)
        {
            first.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            first["code"].GetValue<string>().ShouldBe("overloaded");
            first["detail"].GetValue<string>().ShouldBe("The catalogue changed during the request. Repeat the request.");
        }

        second.Status.ShouldBe(HttpStatusCode.OK, second.Json?.ToJsonString());
        second.Json!.ToJsonString().ShouldContain("enterprise");
    }

    [Fact]
    public async Task The_use_of_a_feature_that_the_catalogue_no_longer_has_is_billed_to_subscribers_of_an_older_version()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("acme", "calls", 150);
        await sandbox.PutCatalogAsync(WithoutCalls, dryRun: false);

        await sandbox.AdvanceAsync("2027-02-28T00:00:00Z");

        (await sandbox.InvoicesAsync("acme")).ShouldBe(
            ["000001 start 2900 = subscription 2900", "000002 renewal 3000 = subscription 2900, usage 100"]);
        (await sandbox.Door.GetAsync("/v1/parked"))["data"].AsArray().ShouldBeEmpty();
    }
}
