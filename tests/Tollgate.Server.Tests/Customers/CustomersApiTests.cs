using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Customers;

[Collection(RunningServerTests.Others)]
public sealed class CustomersApiTests(RunningServer running)
{
    private Door Resume => running.DoorOf("resume-ats");

    [Fact]
    public async Task A_customer_is_created_once_and_shown_as_it_is()
    {
        const string ada = """{"id": "ada", "name": "Ada", "email": "ada@example.com", "currency": "EUR", "metadata": {"a": "1"}}""";
        var created = await Resume.PostAsync("/v1/customers", ada);
        created.Status.ShouldBe(HttpStatusCode.Created);
        created["plan"].GetValue<string>().ShouldBe("free");
        created.Json!.AsObject().Select(m => m.Key).ShouldBe(
            ["id", "name", "email", "currency", "time_zone", "country", "tax_id", "tax", "tax_exempt", "metadata", "plan", "plan_version",
                "member_of", "created_at"]);

        (await Resume.PostAsync("/v1/customers", ada)).Status.ShouldBe(HttpStatusCode.OK);
        var other = await Resume.PostAsync("/v1/customers", """{"id": "ada", "name": "Eve"}""");
        (other.Status, other["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "customer_exists"));
        JsonNode.DeepEquals((await Resume.GetAsync("/v1/customers/ada")).Json, created.Json).ShouldBeTrue();
    }

    [Fact]
    public async Task All_faults_of_a_customer_are_told_at_once()
    {
        var refused = await Resume.PostAsync(
            "/v1/customers", """{"email": "nowhere", "currency": "EURO", "time_zone": "Berlin", "country": "de", "metadata": {"": "x"}}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused["errors"].AsArray().Select(e => e!["param"]!.GetValue<string>())
            .ShouldBe(["id", "email", "currency", "time_zone", "country", "metadata"]);

        (await Resume.PostAsync("/v1/customers", """{"id": "x", "nmae": "typo"}"""))["code"].GetValue<string>().ShouldBe("unknown_field");
        (await Resume.PostAsync("/v1/customers", """{"id": "x",""")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Resume.PostAsync("/v1/customers", """{"id": "half \ud83d"}""")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Resume.PostAsync("/v1/customers", """{"id": "zero \u0000"}""")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_patch_keeps_what_it_leaves_out_and_clears_what_is_null()
    {
        await Resume.PostAsync(
            "/v1/customers", """{"id": "patched", "name": "Ada", "email": "ada@example.com", "metadata": {"a": "1", "b": "2"}}""");
        var changed = await Resume.PatchAsync(
            "/v1/customers/patched", """{"email": null, "country": "GB", "metadata": {"a": null, "c": "3"}}""");
        changed.Status.ShouldBe(HttpStatusCode.OK);
        changed["name"].GetValue<string>().ShouldBe("Ada");
        changed.Json!["email"].ShouldBeNull();
        JsonNode.DeepEquals(changed["metadata"], JsonNode.Parse("""{"b": "2", "c": "3"}"""))
            .ShouldBeTrue(changed["metadata"].ToJsonString());

        (await Resume.PatchAsync("/v1/customers/patched", """{"country": "England"}""")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
        (await Resume.PatchAsync("/v1/customers/nobody", """{"name": "x"}"""))["code"].GetValue<string>().ShouldBe("customer_not_found");
    }

    [Fact]
    public async Task Ids_survive_the_url_whatever_they_hold()
    {
        string[] ids = ["org/42/team a", "org%2F42%2Fteam a", "ünïcödé-客户-🙂", "a?b#c&d=e+f", "100%", "a;b,c:d@e"];
        foreach (var id in ids)
        {
            var body = new JsonObject { ["id"] = id, ["name"] = $"I am {id}" };
            (await Resume.PostAsync("/v1/customers", body.ToJsonString())).Status.ShouldBe(HttpStatusCode.Created, id);
        }

        foreach (var id in ids)
        {
            var path = $"/v1/customers/{Uri.EscapeDataString(id)}";
            (await Resume.GetAsync(path))["name"].GetValue<string>().ShouldBe($"I am {id}");
            (await Resume.GetAsync($"{path}/usage")).Status.ShouldBe(HttpStatusCode.OK, id);
            (await Resume.PutAsync($"{path}/plan", """{"plan": "pro"}"""))["id"].GetValue<string>().ShouldBe(id);
        }

        var tooLong = await Resume.GetAsync($"/v1/customers/{new string('x', 256)}");
        tooLong.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Resume.GetAsync("/v1/customers/a%0Ab/usage")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Resume.GetAsync("/v1/customers/a%00b/usage")).Status.ShouldBeOneOf(
            HttpStatusCode.UnprocessableEntity, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_list_is_paged_and_searched()
    {
        foreach (var id in new[] { "list-1", "list-2", "list-3" })
        {
            await Resume.PostAsync("/v1/customers", $$"""{"id": "{{id}}", "email": "{{id}}@list.example"}""");
        }

        var first = await Resume.GetAsync("/v1/customers?search=list-&limit=2");
        (Ids(first), first["has_more"].GetValue<bool>()).ShouldBe(("list-1 list-2", true));
        var second = await Resume.GetAsync("/v1/customers?search=LIST-&limit=2&starting_after=list-2");
        (Ids(second), second["has_more"].GetValue<bool>()).ShouldBe(("list-3", false));
        (await Resume.GetAsync("/v1/customers?limit=0")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Resume.GetAsync("/v1/customers?limit=two&search=")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_plan_is_assigned_creates_the_customer_and_goes_back_with_null()
    {
        var assigned = await Resume.PutAsync("/v1/customers/planned/plan", """{"plan": "elite"}""");
        (assigned.Status, assigned["plan"].GetValue<string>()).ShouldBe((HttpStatusCode.OK, "elite"));
        (await Resume.GetAsync("/v1/customers/planned/usage"))["features"]["ats_scan"]!["unlimited"]!.GetValue<bool>().ShouldBeTrue();
        (await Resume.PutAsync("/v1/customers/planned/plan", """{"plan": null}"""))["plan"].GetValue<string>().ShouldBe("free");

        (await Resume.PutAsync("/v1/customers/planned/plan", "{}"))["code"].GetValue<string>().ShouldBe("validation_failed");
        (await Resume.PutAsync("/v1/customers/planned/plan", """{"plan": "platinum"}"""))["code"].GetValue<string>()
            .ShouldBe("plan_not_found");
        (await Resume.GetAsync("/v1/customers/planned"))["plan"].GetValue<string>().ShouldBe("free");
    }

    [Fact]
    public async Task A_grant_is_added_once_listed_shown_and_voided()
    {
        const string pack = """{"feature": "ats_scan", "amount": 5, "id": "order/1", "expires_at": "2999-01-01T00:00:00+01:00"}""";
        var added = await Resume.PostAsync("/v1/customers/granted/grants", pack);
        added.Status.ShouldBe(HttpStatusCode.Created);
        (added["source"].GetValue<string>(), added["priority"].GetValue<int>(),
            added["status"].GetValue<string>()).ShouldBe(("topup", 100, "active"));
        added["expires_at"].GetValue<string>().ShouldBe("2998-12-31T23:00:00Z");

        (await Resume.PostAsync("/v1/customers/granted/grants", pack)).Status.ShouldBe(HttpStatusCode.OK);
        (await Resume.PostAsync(
            "/v1/customers/granted/grants", pack.Replace("5", "6", StringComparison.Ordinal)))["code"].GetValue<string>()
            .ShouldBe("idempotency_key_reused");
        (await Resume.GetAsync("/v1/customers/granted/usage"))["features"]["ats_scan"]!["limit"]!.GetValue<int>().ShouldBe(7);
        Ids(await Resume.GetAsync("/v1/customers/granted/grants")).ShouldBe("order/1");

        var voided = await Resume.DeleteAsync("/v1/customers/granted/grants/order%2F1");
        (voided["status"].GetValue<string>(), voided["forfeited"].GetValue<int>()).ShouldBe(("voided", 5));
        (await Resume.GetAsync("/v1/customers/granted/grants/order%2F1"))["remaining"].GetValue<int>().ShouldBe(0);
        (await Resume.GetAsync("/v1/customers/granted/usage"))["features"]["ats_scan"]!["limit"]!.GetValue<int>().ShouldBe(2);
        (await Resume.GetAsync("/v1/customers/granted/grants/other"))["code"].GetValue<string>().ShouldBe("grant_not_found");
        (await Resume.GetAsync("/v1/customers/nobody/grants"))["code"].GetValue<string>().ShouldBe("customer_not_found");
    }

    [Fact]
    public async Task A_grant_has_one_id_everywhere_and_says_what_nobody_can_use()
    {
        await Resume.PostAsync("/v1/events", """{"id": "beyond-1", "type": "ats_scan", "customer": "held-back", "quantity": 6}""");
        await Resume.PostAsync("/v1/customers/held-back/grants", """{"feature": "ats_scan", "amount": 10, "id": "order/7"}""");
        var consumed = await Resume.PostAsync(
            "/v1/consume", """{"customer": "held-back", "feature": "ats_scan", "amount": 4, "id": "held-back-1"}""");
        (consumed["burned"][0]!["grant"]!.GetValue<string>(), consumed["remaining"].GetValue<int>()).ShouldBe(("order/7", 2),
            "two scans a month; four beyond them came first");
        (await Resume.GetAsync("/v1/decisions/held-back-1"))["burned"][0]!["grant"]!.GetValue<string>().ShouldBe("order/7");

        var listed = (await Resume.GetAsync("/v1/customers/held-back/grants"))["data"][0]!;
        (listed["remaining"]!.GetValue<int>(), listed["held_back"]!.GetValue<int>(), listed["voided_at"]).ShouldBe((2, 4, null));
        (await Resume.DeleteAsync("/v1/customers/held-back/grants/order%2F7"))["voided_at"].GetValue<string>().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_terms_of_a_time_are_told()
    {
        await Resume.PostAsync("/v1/customers", """{"id": "termed"}""");
        var before = (await Resume.GetAsync("/v1/customers/termed/terms"))["at"].GetValue<string>();
        await Resume.PutAsync("/v1/customers/termed/plan", """{"plan": "pro"}""");
        await Resume.PutAsync("/v1/customers/termed/overrides", """{"ats_scan": {"quota": 77}}""");

        var then = await Resume.GetAsync($"/v1/customers/termed/terms?at={before}");
        (then["plan"].GetValue<string>(), then["is_default_plan"].GetValue<bool>(),
            then["features"]["ats_scan"]!["quota"]!.GetValue<int>()).ShouldBe(("free", true, 2));
        var now = await Resume.GetAsync("/v1/customers/termed/terms");
        (now["plan"].GetValue<string>(), now["features"]["ats_scan"]!["quota"]!.GetValue<int>(),
            now.Json!["until"]).ShouldBe(("pro", 77, null));
        string.CompareOrdinal(then["until"].GetValue<string>(), now["from"].GetValue<string>())
            .ShouldBeLessThan(0, "the plan was changed before the override");

        var explained = await Resume.GetAsync("/v1/customers/termed/explain?feature=ats_scan");
        explained["terms_from"].GetValue<string>().ShouldBe(now["from"].GetValue<string>());
        explained["because"].AsArray()[1]!.GetValue<string>().ShouldBe($"These terms are in force since {now["from"].GetValue<string>()}.");

        (await Resume.GetAsync("/v1/customers/termed/terms?at=yesterday")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Resume.GetAsync("/v1/customers/nobody/terms"))["code"].GetValue<string>().ShouldBe("customer_not_found");
    }

    [Fact]
    public async Task All_faults_of_a_grant_are_told_at_once()
    {
        var refused = await Resume.PostAsync(
            "/v1/customers/refused/grants",
            """{"feature": "nothing", "amount": -1, "source": "rollover", "priority": -1, "expires_at": "2001-01-01T00:00:00Z"}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused["errors"].AsArray().Select(e => e!["param"]!.GetValue<string>()).Distinct().Order()
            .ShouldBe(["amount", "expires_at", "feature", "priority", "source"]);
        (await Resume.PostAsync("/v1/customers/refused/grants", """{"feature": "ats_scan", "amount": 0.0000000001}""")).Status
            .ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Resume.GetAsync("/v1/customers/refused")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Overrides_are_set_shown_and_removed()
    {
        const string path = "/v1/customers/special/overrides";
        (await Resume.PutAsync(path, """{"ats_scan": {"quota": 50}, "jd_parse": {"quota": null}}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await Resume.GetAsync("/v1/customers/special/usage"))["features"]["ats_scan"]!["limit"]!.GetValue<int>().ShouldBe(50);

        foreach (var broken in (string[])["""{"x": {"\ud800": 1}}""", """{"y": "\udfff", "ats_scan": {"quota": 7}}"""])
        {
            (await Resume.PutAsync(path, broken)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity, broken);
        }

        var left = await Resume.PutAsync(path, """{"ats_scan": null}""");
        left.ShouldBe(HttpStatusCode.OK, """{"jd_parse": {"quota": null}}""");
        (await Resume.GetAsync(path)).ShouldBe(HttpStatusCode.OK, """{"jd_parse": {"quota": null}}""");
        var entitlements = (await Resume.GetAsync("/v1/customers/special/entitlements"))["features"];
        (entitlements["jd_parse"]!["unlimited"]!.GetValue<bool>(),
            entitlements["jd_parse"]!["overridden"]!.GetValue<bool>()).ShouldBe((true, true));
        (entitlements["ats_scan"]!["quota"]!.GetValue<int>(),
            entitlements["ats_scan"]!["overridden"]!.GetValue<bool>()).ShouldBe((2, false));

        var refused = await Resume.PutAsync(path, """{"ats_scan": {"qouta": 5}, "nothing": {"quota": 1}}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused["errors"].AsArray()[0]!["param"]!.GetValue<string>().ShouldBe("ats_scan.qouta");
        (await Resume.PutAsync(path, """{"nothing": {"quota": 1}}""")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Resume.PutAsync(path, """{"ats_scan": ["\ud800"]}""")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity, "half of a surrogate pair");
    }

    /// <summary>Every decision for the customer reads all overrides, and neighbours wait behind it.</summary>
    [Fact]
    public async Task Overrides_have_room_for_what_people_agree_on_and_no_more()
    {
        string[] features = [.. Enumerable.Range(1, 60).Select(static n => $"f{n}")];
        var catalog = $$"""
            {"code": "hoard", "name": "Hoard", "currency": "USD", "default_plan": "free", "features": [{{string.Join(", ", features.Select(static code => $$"""{"code": "{{code}}", "name": "{{code}}", "unit": "call"}"""))}}],
             "plans": [{"code": "free", "name": "Free", "entitlements": [{{string.Join(", ", features.Select(static code => $$"""{"feature": "{{code}}", "quota": 1}"""))}}]}]}
            """;
        var door = (await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z", catalog)).Door;
        const string path = "/v1/customers/hoarder/overrides";
        var refused = await door.PutAsync(path, Tiers(60, 1));
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused["errors"]![0]!["detail"]!.GetValue<string>()
            .ShouldEndWith("a customer's overrides have at most 65536. Put terms that many customers share into a plan.");
        (await door.GetAsync("/v1/customers/hoarder")).Status.ShouldBe(HttpStatusCode.NotFound);

        var (change, status) = (0, HttpStatusCode.OK);
        while (status == HttpStatusCode.OK && change < 60)
        {
            status = (await door.PutAsync(path, Tiers(20, ++change))).Status;
        }

        status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        change.ShouldBeInRange(20, 35, "A megabyte of changes is full.");
        (await door.PutAsync(path, $"{{{string.Join(", ", features.Select(static code => $"\"{code}\": null"))}}}")).Status.ShouldBe(
            HttpStatusCode.OK);
        (await door.PutAsync(path, """{"f1": {"quota": 50}}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await door.GetAsync("/v1/customers/hoarder/usage"))["features"]!["f1"]!["limit"]!.GetValue<int>().ShouldBe(50);

        string Tiers(int count, int price)
        {
            var tiers = string.Concat(Enumerable.Range(1, 49).Select(n => $$"""{"up_to": {{n}}, "unit_price": 0.{{price:00}}}, """));
            return $"{{{string.Join(", ", features.Take(count).Select(code => $$"""
                "{{code}}": {"hard_cap": false, "overage_price": {"mode": "graduated", "tiers": [{{tiers}} {"unit_price": 0.01}]} }
                """))}}}";
        }
    }

    [Fact]
    public async Task Usage_of_somebody_unknown_is_what_the_first_use_would_meet_and_creates_nobody()
    {
        var usage = await Resume.GetAsync("/v1/customers/stranger/usage");
        usage.Json!.AsObject().Select(m => m.Key).ShouldBe(["plan", "period_start", "period_end", "month_key", "features"]);
        var month = usage["month_key"].GetValue<string>();
        usage["period_start"].GetValue<string>().ShouldBe($"{month}-01T00:00:00Z");
        var end = usage["period_end"].GetValue<string>();
        var scans = usage["features"]["ats_scan"]!;
        JsonNode.DeepEquals(scans, JsonNode.Parse(
            $$"""{"limit": 2, "used": 0, "held": 0, "remaining": 2, "unlimited": false, "percent": 0, "resets_at": "{{end}}", "projected": 0}"""))
            .ShouldBeTrue(scans.ToJsonString());

        (await Resume.GetAsync("/v1/customers/stranger/explain?feature=ats_scan"))["known"].GetValue<bool>().ShouldBeFalse();
        (await Resume.GetAsync("/v1/customers/stranger")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_denial_is_explained_down_to_its_numbers()
    {
        var door = running.DoorOf("resume-ats", "why");
        for (var i = 0; i < 3; i++)
        {
            await door.PostAsync("/ats/score");
        }

        await Resume.PostAsync("/v1/customers/why/grants", """{"feature": "jd_parse", "amount": 3, "source": "gift", "id": "birthday"}""");
        var scans = await Resume.GetAsync("/v1/customers/why/explain?feature=ats_scan");
        (scans["allowed"].GetValue<bool>(), scans["reason"].GetValue<string>(),
            scans["denied"].GetValue<int>()).ShouldBe((false, "quota_exceeded", 1));
        scans["because"].AsArray().Select(line => line!.GetValue<string>())
            .ShouldContain(line => line.StartsWith("Remaining 0 = limit 2 − used 2 − held 0", StringComparison.Ordinal));
        scans["thresholds"].AsArray().Select(t => t!["percent"]!.GetValue<int>()).ShouldContain(100);

        var parses = await Resume.GetAsync("/v1/customers/why/explain?feature=jd_parse");
        parses["allowed"].GetValue<bool>().ShouldBeTrue();
        parses["grants"].AsArray().ShouldHaveSingleItem()!["id"]!.GetValue<string>().ShouldBe("birthday");
        (await Resume.GetAsync("/v1/customers/why/explain"))["param"].GetValue<string>().ShouldBe("feature");
        (await Resume.GetAsync("/v1/customers/why/explain?feature=nothing"))["code"].GetValue<string>().ShouldBe("feature_not_found");
    }

    [Fact]
    public async Task A_project_never_sees_or_changes_customers_of_another()
    {
        await Resume.PostAsync("/v1/customers", """{"id": "ours", "name": "Ada"}""");
        await Resume.PostAsync("/v1/customers/ours/grants", """{"feature": "ats_scan", "amount": 5, "id": "order-1"}""");
        var foreign = running.DoorOf("career-coach");

        (await foreign.GetAsync("/v1/customers/ours")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await foreign.PatchAsync("/v1/customers/ours", """{"name": "Eve"}""")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await foreign.DeleteAsync("/v1/customers/ours")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await foreign.GetAsync("/v1/customers/ours/grants")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await foreign.DeleteAsync("/v1/customers/ours/grants/order-1")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await foreign.GetAsync("/v1/customers/ours/overrides")).Status.ShouldBe(HttpStatusCode.NotFound);
        Ids(await foreign.GetAsync("/v1/customers?search=ours")).ShouldBe("");
        (await foreign.GetAsync("/v1/customers/ours/usage"))["features"].AsObject().ContainsKey("ats_scan").ShouldBeFalse();
        (await foreign.PutAsync("/v1/customers/ours/plan", """{"plan": "enterprise"}""")).Status.ShouldBe(HttpStatusCode.OK);

        var mine = await Resume.GetAsync("/v1/customers/ours");
        (mine["name"].GetValue<string>(), mine["plan"].GetValue<string>()).ShouldBe(("Ada", "free"));
        (await Resume.GetAsync("/v1/customers/ours/grants/order-1"))["remaining"].GetValue<int>().ShouldBe(5);
    }

    [Fact]
    public async Task Only_a_secret_key_reads_and_writes_customers()
    {
        var bare = running.DoorWith(null);
        (await bare.GetAsync("/v1/customers")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        var open = running.DoorWith(running.Server.Keys["TOLLGATE_PUBLIC_KEY_RESUME_ATS"]);
        foreach (var path in new[]
        {
            "/v1/customers", "/v1/customers/x", "/v1/customers/x/usage", "/v1/customers/x/entitlements", "/v1/customers/x/grants",
        })
        {
            (await open.GetAsync(path)).Status.ShouldBe(HttpStatusCode.Forbidden, path);
        }
    }

    [Fact]
    public async Task A_customer_without_a_trace_is_deleted_and_one_with_usage_stays()
    {
        await Resume.PostAsync("/v1/customers", """{"id": "mistake"}""");
        (await Resume.DeleteAsync("/v1/customers/mistake")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Resume.GetAsync("/v1/customers/mistake")).Status.ShouldBe(HttpStatusCode.NotFound);

        await running.DoorOf("resume-ats", "keeper").PostAsync("/jd/parse");
        var refused = await Resume.DeleteAsync("/v1/customers/keeper");
        (refused.Status, refused["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "conflict"));
    }

    private static string Ids(Came list) => string.Join(' ', list["data"].AsArray().Select(item => item!["id"]!.GetValue<string>()));
}
