using System.Net.Http.Headers;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Catalog;

[Collection(nameof(CatalogServer))]
public sealed class CatalogEndpointTests(CatalogServer fixture)
{
    private const string Tiny = """
        code: tiny
        name: Tiny
        default_plan: free
        features:
          - code: scan
            name: Scan
        plans:
          - code: free
            name: Free
            entitlements:
              - { feature: scan, quota: 2 }
          - code: pro
            name: Pro
            prices:
              - { interval: monthly, amount: 1000 }
            entitlements:
              - { feature: scan, quota: 30 }

        """;

    private static readonly string More = Tiny.Replace("quota: 30", "quota: 40", StringComparison.Ordinal);

    [Fact]
    public async Task Plans_features_and_comparison_are_served_with_a_public_key()
    {
        using var client = fixture.Server.NewClient(fixture.Server.Keys["TOLLGATE_PUBLIC_KEY_RESUME_ATS"]);

        var plans = (await client.JsonAsync("/v1/plans")).GetProperty("data");
        plans.EnumerateArray().Select(plan => plan.GetProperty("code").GetString()).ShouldBe(["free", "pro", "elite"]);
        var scan = plans[2].GetProperty("entitlements")[0];
        scan.GetProperty("quota").ValueKind.ShouldBe(JsonValueKind.Null);
        scan.GetProperty("unlimited").GetBoolean().ShouldBeTrue();
        scan.GetProperty("display").GetString().ShouldBe("Unlimited");

        (await client.JsonAsync("/v1/plans/pro")).GetProperty("prices")[0].GetProperty("display").GetString().ShouldBe("$12.00");
        (await client.JsonAsync("/v1/plans/gold", 404)).GetProperty("code").GetString().ShouldBe("plan_not_found");
        (await client.JsonAsync("/v1/features")).GetProperty("data").GetArrayLength().ShouldBe(4);
        (await client.JsonAsync("/v1/plans/compare")).GetProperty("features")[0].GetProperty("plans").GetProperty("free")
            .GetProperty("quota").GetInt32().ShouldBe(2);
        (await client.JsonAsync("/v1/catalog", 403)).GetProperty("code").GetString().ShouldBe("key_not_allowed");
    }

    [Fact]
    public async Task A_plan_shows_what_its_seats_its_overage_its_add_ons_and_its_packs_cost()
    {
        const string priced =
            """
            code: priced
            name: Priced
            default_plan: free
            features:
              - { code: scan, name: Scan }
              - { code: export, name: Export, kind: switch }
            plans:
              - code: free
                name: Free
                entitlements:
                  - { feature: scan, quota: 2 }
              - code: team
                name: Team
                prices:
                  - { interval: monthly, amount: 5000, minimum: 6000, seats: { included: 3, price: 10.00 } }
                entitlements:
                  - feature: scan
                    quota: 30
                    hard_cap: false
                    overage_price: { mode: graduated, tiers: [{ up_to: 100, unit_price: 0.05, flat_fee: 1 }, { unit_price: 0.02 }] }
            add_ons:
              - { code: more, name: More, plans: [team], prices: [{ interval: monthly, amount: 500 }], entitlements: [{ feature: scan, quota: 10 }, { feature: export, enabled: true }] }
            packs:
              - { code: ten, name: Ten, feature: scan, quantity: 10, prices: [{ amount: 900 }] }

            """;
        using var client = await fixture.CreateProjectAsync("priced", priced);

        var team = await client.JsonAsync("/v1/plans/team");
        var price = team.GetProperty("prices")[0];
        price.GetProperty("minimum").GetInt64().ShouldBe(6000);
        price.GetProperty("seats").GetRawText()
            .ShouldBe("""{"included":3,"mode":"per_unit","first_flat_fee":"always","tiers":[{"unit_price":"10"}]}""");
        team.GetProperty("entitlements")[0].GetProperty("overage_prices").GetRawText().ShouldBe(
            """[{"mode":"graduated","currency":"USD","first_flat_fee":"always","tiers":[{"up_to":100,"unit_price":"0.05","flat_fee":"1"},{"unit_price":"0.02"}]}]""");
        team.GetProperty("add_ons").GetRawText().ShouldBe(
            """[{"code":"more","name":"More","prices":[{"interval":"monthly","currency":"USD","amount":500,"trial_days":0,"display":"$5.00"}],"entitlements":[{"feature":"scan","quota":10},{"feature":"export","quota":null,"enabled":true}]}]""");
        team.GetProperty("packs").GetRawText().ShouldBe(
            """[{"code":"ten","name":"Ten","feature":"scan","quantity":10,"prices":[{"currency":"USD","amount":900,"display":"$9.00"}]}]""");
        var free = await client.JsonAsync("/v1/plans/free");
        (free.TryGetProperty("add_ons", out _), free.TryGetProperty("packs", out _)).ShouldBe((false, true));
        (await client.JsonAsync("/v1/plans/compare")).GetProperty("plans")[1].GetProperty("prices")[0].GetProperty("seats")
            .GetProperty("included").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task A_dry_run_tells_the_difference_and_changes_nothing()
    {
        using var client = await fixture.CreateProjectAsync("dry-run", Tiny);
        using var put = await client.PutCatalogAsync(More, query: "?dry_run=true");

        var planned = await put.BodyAsync();
        planned.GetProperty("outcome").GetString().ShouldBe("dry_run");
        planned.GetProperty("changes")[0].GetProperty("text").GetString().ShouldBe("pro · scan: quota 30 → 40");
        planned.GetProperty("changed_plans")[0].GetString().ShouldBe("pro");
        planned.GetProperty("affected_customers").GetInt32().ShouldBe(0);
        planned.GetProperty("affected_subscriptions").GetInt32().ShouldBe(0);
        planned.GetProperty("mrr_change").GetArrayLength().ShouldBe(0);
        (await client.JsonAsync("/v1/plans/pro")).GetProperty("version").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Publishing_makes_a_new_version_of_what_changed_and_is_seen_at_once()
    {
        using var client = await fixture.CreateProjectAsync("publish", Tiny);

        using var put = await client.PutCatalogAsync(More);
        var done = await put.BodyAsync();

        done.GetProperty("outcome").GetString().ShouldBe("published");
        done.GetProperty("revision").GetInt32().ShouldBe(2);
        put.Headers.ETag!.Tag.ShouldBe(done.GetProperty("etag").GetString());
        (await client.JsonAsync("/v1/plans/pro")).GetProperty("version").GetInt32().ShouldBe(2);
        (await client.JsonAsync("/v1/plans/free")).GetProperty("version").GetInt32().ShouldBe(1);

        using var again = await client.PutCatalogAsync(More);
        (await again.BodyAsync()).GetProperty("outcome").GetString().ShouldBe("unchanged");
    }

    [Fact]
    public async Task An_export_can_be_sent_back_and_changes_nothing()
    {
        using var client = await fixture.CreateProjectAsync("export", Tiny);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/catalog");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/yaml"));
        using var export = await client.SendAsync(request);
        var yaml = await export.Content.ReadAsStringAsync();

        using var put = await client.PutCatalogAsync(yaml, ifMatch: export.Headers.ETag!.Tag);

        (await put.BodyAsync()).GetProperty("outcome").GetString().ShouldBe("unchanged");
        var json = (await client.JsonAsync("/v1/catalog")).GetRawText();
        using var putJson = await client.PutCatalogAsync(json, "application/json");
        (await putJson.BodyAsync()).GetProperty("outcome").GetString().ShouldBe("unchanged");
    }

    [Fact]
    public async Task A_catalogue_that_somebody_else_replaced_is_not_overwritten()
    {
        using var client = await fixture.CreateProjectAsync("stale", Tiny);
        using var first = await client.PutCatalogAsync(More);

        using var put = await client.PutCatalogAsync(Tiny, ifMatch: "\"0123456789abcdef\"");

        (await put.BodyAsync(412)).GetProperty("code").GetString().ShouldBe("precondition_failed");
        put.Headers.ETag!.Tag.ShouldBe(first.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task Every_fault_is_reported_with_path_line_and_column()
    {
        using var client = await fixture.CreateProjectAsync("faults", Tiny);
        var bad = Tiny.Replace("quota: 2 ", "qouta: 2 ", StringComparison.Ordinal)
            .Replace("default_plan: free", "default_plan: gold", StringComparison.Ordinal);

        using var put = await client.PutCatalogAsync(bad);

        var problem = await put.BodyAsync(422);
        problem.GetProperty("code").GetString().ShouldBe("catalog_invalid");
        var errors = problem.GetProperty("errors").EnumerateArray()
            .Select(error => $"{error.GetProperty("line")}:{error.GetProperty("column")} {error.GetProperty("param").GetString()}")
            .ToArray();
        errors.ShouldBe(["3:15 default_plan", "11:9 plans[0].entitlements[0].quota", "11:26 plans[0].entitlements[0].qouta"]);
        problem.GetProperty("errors")[2].GetProperty("detail").GetString()!.ShouldContain("Did you mean 'quota'?");
    }

    /// <summary>YamlDotNet's scanner throws undocumented exceptions on each of these.</summary>
    [Theory]
    [InlineData("code: x\nplans: [{ interval: mon[hly, amount: 1200 }]\n", 2)]
    [InlineData("code: x\nname: \"\\UFFFFFFFF\"\n", 2)]
    [InlineData("code: x\nname: \"\\uD800\"\n", 2)]
    [InlineData("code: x\nname: \"a\\0b\"\n", 2)]
    [InlineData("code: x\n\"\\uDC00\": 1\n", 2)]
    [InlineData("code: {x\n", 1)]
    public async Task Invalid_YAML_is_refused_with_its_line(string text, int line)
    {
        using var client = fixture.Server.ClientFor("resume-ats");
        using var put = await client.PutCatalogAsync(text, "application/yaml");
        var problem = await put.BodyAsync(400);
        problem.GetProperty("errors")[0].GetProperty("line").GetInt32().ShouldBeGreaterThanOrEqualTo(line, problem.ToString());
        problem.GetProperty("errors")[0].GetProperty("column").GetInt32().ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("{", "application/json", 400)]
    [InlineData("", "application/json", 400)]
    [InlineData("a: [", "application/yaml", 400)]
    [InlineData("", "application/yaml", 422)]
    [InlineData("[]", "application/json", 422)]
    [InlineData("null", "application/json", 422)]
    [InlineData("{}", "text/plain", 415)]
    [InlineData("""{"code": "\ud800"}""", "application/json", 400)]
    public async Task A_text_that_is_not_a_catalogue_is_refused_by_name(string text, string type, int status)
    {
        using var client = fixture.Server.ClientFor("resume-ats");
        using var put = await client.PutCatalogAsync(text, type);
        await put.BodyAsync(status);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused()
    {
        using var client = fixture.Server.ClientFor("resume-ats");
        using var put = await client.PutCatalogAsync(new string('#', (1024 * 1024) + 1));
        (await put.BodyAsync(413)).GetProperty("code").GetString().ShouldBe("payload_too_large");
    }

    [Fact]
    public async Task The_command_line_shows_applies_and_exports()
    {
        using var client = await fixture.CreateProjectAsync("commands", Tiny);
        using var folder = TestFolder.Create();
        var file = folder.Combine("catalog.yaml");
        await File.WriteAllTextAsync(file, More);
        string[] door = ["--url", fixture.Server.Url.ToString(), "--key", client.DefaultRequestHeaders.Authorization!.Parameter!];

        var diff = await ServerProcess.RunAsync(["catalog", "diff", file, "--exit-code", .. door]);
        diff.Output.ShouldContain("~ pro · scan: quota 30 → 40");
        diff.ExitCode.ShouldBe(2);

        var unasked = await ServerProcess.RunAsync(["catalog", "apply", file, .. door]);
        unasked.ExitCode.ShouldBe(1, unasked.Output);
        unasked.Output.ShouldContain("--yes");

        var applied = await ServerProcess.RunAsync(["catalog", "apply", file, "--yes", .. door]);
        applied.ExitCode.ShouldBe(0, applied.Output);
        applied.Output.ShouldContain("In force as revision 2.");

        var exported = folder.Combine("export.yaml");
        (await ServerProcess.RunAsync(["catalog", "export", "--out", exported, .. door])).ExitCode.ShouldBe(0);
        var same = await ServerProcess.RunAsync(["catalog", "diff", exported, "--exit-code", .. door]);
        same.ExitCode.ShouldBe(0, same.Output);

        await File.WriteAllTextAsync(file, More.Replace("hard", "", StringComparison.Ordinal) + "plan: x\n");
        var faulty = await ServerProcess.RunAsync(["catalog", "validate", file]);
        faulty.ExitCode.ShouldBe(1);
        faulty.Output.ShouldContain($"{file}:18:1: plan: 'plan' is not a key here. Did you mean 'plans'?");
    }
}
