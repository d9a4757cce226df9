using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Customers;

[Collection(RunningServerTests.Others)]
public sealed class MembersApiTests(RunningServer running)
{
    private Door Resume => running.DoorOf("resume-ats");

    [Fact]
    public async Task A_member_is_added_once_listed_changed_and_removed()
    {
        const string grace = """{"id": "grace", "name": "Grace Hopper", "email": "grace@example.com", "role": "editor"}""";
        var added = await Resume.PostAsync("/v1/customers/navy/members", grace);
        added.Status.ShouldBe(HttpStatusCode.Created);
        added.Json!.AsObject().Select(m => m.Key).ShouldBe(["id", "customer", "name", "email", "role", "added_at"]);
        (added["id"].GetValue<string>(), added["customer"].GetValue<string>()).ShouldBe(("grace", "navy"));
        (await Resume.PostAsync("/v1/customers/navy/members", grace)).Status.ShouldBe(HttpStatusCode.OK);
        await ShouldRefuseAsync("navy", """{"id": "grace"}""", "member_exists");

        var changed = await Resume.PatchAsync("/v1/customers/navy/members/grace", """{"role": "admin", "email": null}""");
        (changed["role"].GetValue<string>(), changed["name"].GetValue<string>()).ShouldBe(("admin", "Grace Hopper"));
        JsonNode.DeepEquals((await Resume.GetAsync("/v1/customers/navy/members/grace")).Json, changed.Json).ShouldBeTrue();
        (await Resume.GetAsync("/v1/customers/grace"))["member_of"].GetValue<string>().ShouldBe("navy");

        (await Resume.DeleteAsync("/v1/customers/navy/members/grace")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Resume.DeleteAsync("/v1/customers/navy/members/grace"))["code"].GetValue<string>().ShouldBe("member_not_found");
        (await Resume.GetAsync("/v1/customers/grace")).Json!["member_of"].ShouldBeNull();
    }

    [Fact]
    public async Task A_list_is_paged_in_the_order_of_the_ids()
    {
        foreach (var id in (string[])["c", "a/1", "b", "ä"])
        {
            (await Resume.PostAsync("/v1/customers/org%2F7/members", new JsonObject { ["id"] = id }.ToJsonString())).Status.ShouldBe(
                HttpStatusCode.Created);
        }

        var first = await Resume.GetAsync("/v1/customers/org%2F7/members?limit=3");
        first["data"].AsArray().Select(m => m!["id"]!.GetValue<string>()).ShouldBe(["a/1", "b", "c"]);
        first["has_more"].GetValue<bool>().ShouldBeTrue();
        var second = await Resume.GetAsync("/v1/customers/org%2F7/members?limit=3&starting_after=c");
        second["data"].AsArray().Select(m => m!["id"]!.GetValue<string>()).ShouldBe(["ä"]);
        (await Resume.GetAsync("/v1/customers/org%2F7/members/a%2F1"))["id"].GetValue<string>().ShouldBe("a/1");
        (await Resume.GetAsync("/v1/customers/nobody-at-all/members"))["code"].GetValue<string>().ShouldBe("customer_not_found");
    }

    [Fact]
    public async Task All_faults_are_told_at_once_and_a_key_replays()
    {
        var refused = await Resume.PostAsync("/v1/customers/faulty/members", """{"email": "nowhere", "role": "", "name": "x"}""");
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused["errors"].AsArray().Select(e => e!["param"]!.GetValue<string>()).ShouldBe(["id", "email", "role"]);
        (await Resume.PostAsync("/v1/customers/faulty/members", """{"id": "x", "seat": 1}"""))["code"].GetValue<string>()
            .ShouldBe("unknown_field");

        (string, string) key = ("Idempotency-Key", "add-lin");
        var once = await Resume.SendAsync(HttpMethod.Post, "/v1/customers/keyed/members", """{"id": "lin"}""", key);
        var again = await Resume.SendAsync(HttpMethod.Post, "/v1/customers/keyed/members", """{"id": "lin"}""", key);
        (once.Status, again.Status).ShouldBe((HttpStatusCode.Created, HttpStatusCode.Created));
        again.Message.Headers.GetValues("Idempotent-Replayed").ShouldBe(["true"]);
        JsonNode.DeepEquals(once.Json, again.Json).ShouldBeTrue();
    }

    [Fact]
    public async Task An_impossible_member_is_a_409_with_the_reason()
    {
        await Resume.PostAsync("/v1/customers/initech/members", """{"id": "peter"}""");
        await ShouldRefuseAsync("globex", """{"id": "peter"}""", "member_elsewhere");
        await ShouldRefuseAsync("peter", """{"id": "milton"}""", "member_nested");
        await ShouldRefuseAsync("globex", """{"id": "initech"}""", "member_nested");
        await ShouldRefuseAsync("globex", """{"id": "globex"}""", "member_nested");

        var plan = await Resume.PutAsync("/v1/customers/peter/plan", """{"plan": "pro"}""");
        (plan.Status, plan["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "customer_is_member"));
        plan["detail"].GetValue<string>().ShouldContain("initech");
        var grant = await Resume.PostAsync("/v1/customers/peter/grants", """{"feature": "ats_scan", "amount": 1}""");
        (grant.Status, grant["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "customer_is_member"));
        (await Resume.PostAsync("/v1/customers/peter/packs", """{"pack": "any"}"""))["code"].GetValue<string>()
            .ShouldBe("customer_is_member");
        (await Resume.PutAsync("/v1/customers/peter/overrides", """{"ats_scan": {"quota": 5}}"""))["code"].GetValue<string>()
            .ShouldBe("customer_is_member");
        (await Resume.DeleteAsync("/v1/customers/peter"))["code"].GetValue<string>().ShouldBe("customer_is_member");
        (await Resume.DeleteAsync("/v1/customers/initech"))["code"].GetValue<string>().ShouldBe("conflict");
    }

    [Fact]
    public async Task A_members_id_works_at_every_gate_and_uses_the_owners_balances()
    {
        await Resume.PutAsync("/v1/customers/hooli/plan", """{"plan": "free"}""");
        foreach (var id in (string[])["gavin", "jack"])
        {
            await Resume.PostAsync("/v1/customers/hooli/members", new JsonObject { ["id"] = id }.ToJsonString());
        }

        var limit = (await Resume.GetAsync("/v1/customers/gavin/usage"))["features"]["ats_scan"]!["limit"]!.GetValue<decimal>();
        limit.ShouldBe(2m);
        (await Resume.PostAsync("/v1/consume", """{"customer": "gavin", "feature": "ats_scan", "id": "hooli-1"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        var held = await Resume.PostAsync("/v1/reservations", """{"customer": "jack", "feature": "ats_scan"}""");
        held.Status.ShouldBe(HttpStatusCode.Created);
        (await Resume.PostAsync("/v1/check", """{"customer": "gavin", "feature": "ats_scan"}"""))["allowed"].GetValue<bool>()
            .ShouldBeFalse();
        (await Resume.PostAsync("/v1/consume", """{"customer": "hooli", "feature": "ats_scan"}""")).Status.ShouldBe(
            HttpStatusCode.PaymentRequired);
        (await Resume.PostAsync($"/v1/reservations/{held["id"].GetValue<string>()}/settle", """{"customer": "jack"}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        (await Resume.PostAsync("/v1/events", """{"customer": "jack", "type": "note", "properties": {"a": 1}}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        var call = await Resume.PostAsync(
            "/v1/llm-calls",
            """{"customer": "gavin", "model": "gpt-4o-mini", "provider": "openai", "input_tokens": 1000000, "output_tokens": 0}""");
        call.Status.ShouldBe(HttpStatusCode.OK, call.Json?.ToJsonString());

        foreach (var who in (string[])["hooli", "gavin", "jack"])
        {
            (await Resume.GetAsync($"/v1/customers/{who}/usage"))["features"]["ats_scan"]!["used"]!.GetValue<decimal>().ShouldBe(2m);
            (await Resume.GetAsync($"/v1/customers/{who}/explain?feature=ats_scan"))["thresholds"].AsArray().Count.ShouldBe(3, who);
            await UntilAsync(async () => (await Resume.GetAsync($"/v1/customers/{who}/alerts"))["data"].AsArray().Count == 3);
            (await Resume.GetAsync($"/v1/customers/{who}/costs"))["total"]["calls"]!.GetValue<long>().ShouldBe(1, who);
            (await Resume.GetAsync($"/v1/customers/{who}/dashboard"))["costs"]["calls"]!.GetValue<long>().ShouldBe(1, who);
        }
    }

    [Fact]
    public async Task Events_and_decisions_say_which_member_it_was()
    {
        foreach (var id in (string[])["monica", "laurie"])
        {
            await Resume.PostAsync("/v1/customers/raviga/members", new JsonObject { ["id"] = id }.ToJsonString());
            await Resume.PostAsync("/v1/consume", $$"""{"customer": "{{id}}", "feature": "ats_scan", "id": "raviga-{{id}}"}""");
        }

        await Resume.PostAsync("/v1/events", """{"customer": "raviga", "type": "note", "id": "raviga-own"}""");
        (await MembersOfAsync("customer=raviga")).ShouldBe(
            [("raviga", null), ("raviga", "laurie"), ("raviga", "monica")], ignoreOrder: true);
        (await MembersOfAsync("customer=raviga&member=laurie")).ShouldBe([("raviga", "laurie")]);
        (await MembersOfAsync("member=monica")).ShouldBe([("raviga", "monica")]);
        (await MembersOfAsync("customer=monica")).ShouldBeEmpty();
        var decision = await Resume.GetAsync("/v1/decisions/raviga-monica?customer=monica");
        (decision["customer"].GetValue<string>(), decision["member"].GetValue<string>()).ShouldBe(("raviga", "monica"));
        var csv = await running.Server.ClientFor("resume-ats").GetStringAsync(new Uri("/v1/events.csv?member=monica", UriKind.Relative));
        csv.Trim().Split("\r\n").ShouldSatisfyAllConditions(
            lines => lines[0].ShouldEndWith(",member,source"), lines => lines.Length.ShouldBe(2),
            lines => lines[1].ShouldEndWith(",monica,"));
    }

    [Fact]
    public async Task A_members_token_opens_the_seed_doors_with_the_owners_balances()
    {
        await Resume.PostAsync("/v1/customers/aviato/members", """{"id": "erlich"}""");
        await Resume.PutAsync("/v1/customers/aviato/plan", """{"plan": "pro"}""");
        var token = (await Resume.PostAsync("/v1/customers/erlich/tokens", """{"ttl_seconds": 600}"""))["token"].GetValue<string>();
        var me = await running.DoorWith(token).GetAsync("/me/usage");
        me.Status.ShouldBe(HttpStatusCode.OK, me.Json?.ToJsonString());
        me.Json!.ToJsonString().ShouldContain("pro");
    }

    [Fact]
    public async Task Seats_that_are_paid_for_bound_the_members()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");
        var subscription = await sandbox.SubscribeAsync(
            """{"customer": "acme", "plan": "team", "period": "monthly", "quantity": 4, "id": "acme-1"}""");
        foreach (var i in Enumerable.Range(0, 4))
        {
            (await sandbox.Door.PostAsync("/v1/customers/acme/members", $$"""{"id": "u{{i}}"}""")).Status.ShouldBe(HttpStatusCode.Created);
        }

        var full = await sandbox.Door.PostAsync("/v1/customers/acme/members", """{"id": "u4"}""");
        (full.Status, full["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "no_seat_left"));
        full["detail"].GetValue<string>().ShouldContain("4 of 4");
        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{subscription}", """{"quantity": 5}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync("/v1/customers/acme/members", """{"id": "u4"}""")).Status.ShouldBe(HttpStatusCode.Created);

        // Included seats exist without being part of the quantity.
        await sandbox.SubscribeAsync("""{"customer": "small", "plan": "team", "period": "monthly"}""");
        foreach (var i in Enumerable.Range(0, 3))
        {
            (await sandbox.Door.PostAsync("/v1/customers/small/members", $$"""{"id": "s{{i}}"}""")).Status.ShouldBe(HttpStatusCode.Created);
        }

        (await sandbox.Door.PostAsync("/v1/customers/small/members", """{"id": "s3"}"""))["code"].GetValue<string>()
            .ShouldBe("no_seat_left");
    }

    [Fact]
    public async Task Only_the_owner_subscribes_and_members_follow_its_plan_at_once()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2031-01-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers/acme/members", """{"id": "ann"}""");
        var refused = await sandbox.Door.PostAsync(
            "/v1/subscriptions", """{"customer": "ann", "plan": "enterprise", "period": "monthly"}""");
        (refused.Status, refused["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "customer_is_member"));
        refused["detail"].GetValue<string>().ShouldContain("acme");

        (await sandbox.Door.PostAsync("/v1/consume", """{"customer": "ann", "feature": "calls", "amount": 11}""")).Status.ShouldBe(
            HttpStatusCode.PaymentRequired);
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "enterprise", "period": "monthly"}""");
        (await sandbox.Door.PostAsync("/v1/consume", """{"customer": "ann", "feature": "calls", "amount": 1100}""")).Status.ShouldBe(
            HttpStatusCode.OK);
        await sandbox.AdvanceAsync("2031-02-01T00:00:01Z");
        (await sandbox.InvoicesAsync("acme")).ShouldContain(invoice => invoice.Contains("usage 100", StringComparison.Ordinal));
        (await sandbox.InvoicesAsync("ann")).ShouldBeEmpty();

        await sandbox.SubscribeAsync("""{"customer": "solo", "plan": "pro", "period": "monthly"}""");
        var own = await sandbox.Door.PostAsync("/v1/customers/acme/members", """{"id": "solo"}""");
        (own.Status, own["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, "subscription_exists"));
    }

    [Fact]
    public async Task A_member_of_another_project_is_nobody_here()
    {
        await Resume.PostAsync("/v1/customers/pied-piper/members", """{"id": "richard"}""");
        var other = running.DoorOf("trendit");
        (await other.GetAsync("/v1/customers/pied-piper/members"))["code"].GetValue<string>().ShouldBe("customer_not_found");
        (await other.GetAsync("/v1/customers/pied-piper/members/richard"))["code"].GetValue<string>().ShouldBe("member_not_found");
        (await other.DeleteAsync("/v1/customers/pied-piper/members/richard"))["code"].GetValue<string>().ShouldBe("member_not_found");
        (await other.PatchAsync("/v1/customers/pied-piper/members/richard", """{"role": "x"}"""))["code"].GetValue<string>()
            .ShouldBe("member_not_found");
        (await Resume.GetAsync("/v1/customers/pied-piper/members/richard")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task ShouldRefuseAsync(string customer, string body, string code)
    {
        var refused = await Resume.PostAsync($"/v1/customers/{customer}/members", body);
        (refused.Status, refused["code"].GetValue<string>()).ShouldBe((HttpStatusCode.Conflict, code), refused.Json!.ToJsonString());
    }

    private async Task<List<(string Customer, string? Member)>> MembersOfAsync(string query) =>
        [.. (await Resume.GetAsync($"/v1/events?{query}"))["data"].AsArray()
            .Select(e => (e!["customer"]!.GetValue<string>(), e["member"]?.GetValue<string>()))];
}
