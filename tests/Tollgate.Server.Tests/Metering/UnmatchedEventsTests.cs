using System.Text;
using System.Text.Json;

namespace Tollgate.Server.Tests.Metering;

/// <summary>Events of types that no meter reads are stored, flagged, counted and listed, or refused if the catalogue requires it.</summary>
public sealed class UnmatchedEventsTests(MeteringHost host) : IClassFixture<MeteringHost>
{
    [Fact]
    public async Task They_are_recorded_flagged_counted_and_listed_with_the_nearest_name()
    {
        var (status, body) = await host.PostAsync("/v1/events", """{"id":"u-1","customer":"lost","type":"scann"}""");
        (status, body.GetProperty("accepted").GetInt64(), body.GetProperty("unmatched").GetBoolean(),
            body.GetProperty("unmatched_count").GetInt64()).ShouldBe((200, 1, true, 1), body.ToString());
        body.GetProperty("unmatched_types").EnumerateArray().Select(type => type.GetString()).ShouldBe(["scann"]);
        (await host.PostAsync("/v1/events", """{"id":"u-1","customer":"lost","type":"scann"}""")).Body.GetProperty("unmatched_count")
            .GetInt64().ShouldBe(0, "it was counted before");
        await host.PostAsync("/v1/events?enforce=true",
            """[{"customer":"lost","type":"scann"},{"customer":"lost","type":"Open-AI.Calls"},{"customer":"lost","type":"something else entirely"},{"customer":"lost","type":"call"}]""");
        var fine = (await host.PostAsync("/v1/events", """{"customer":"lost","type":"call"}""")).Body;
        (fine.GetProperty("unmatched").GetBoolean(), fine.GetProperty("unmatched_types").GetArrayLength()).ShouldBe((false, 0));

        var listed = (await host.GetAsync("/v1/unmatched-events")).Body;
        listed.GetProperty("data").EnumerateArray()
            .Select(one => $"{one.GetProperty("type")} {one.GetProperty("count")} {one.GetProperty("nearest")}")
            .ShouldBe(["Open-AI.Calls 1 openai_calls", "scann 2 scan", "something else entirely 1 "]);
        var page = (await host.GetAsync("/v1/unmatched-events?limit=1&starting_after=Open-AI.Calls")).Body;
        (page.GetProperty("data")[0].GetProperty("type").GetString(), page.GetProperty("has_more").GetBoolean()).ShouldBe(("scann", true));
        (await host.GetAsync("/v1/events?customer=lost&type=scann")).Body.GetProperty("data").GetArrayLength().ShouldBe(2, "they are kept");
        using var admin = host.Server.NewClient(host.Server.AdminKey);

        // Other tests of the server have some as well.
        var counted = System.Text.RegularExpressions.Regex.Match(
            await admin.GetStringAsync("/metrics"), @"^tollgate_events_unmatched_total (\d+)",
            System.Text.RegularExpressions.RegexOptions.Multiline);
        int.Parse(counted.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task The_catalogue_may_refuse_them_and_counts_them_all_the_same()
    {
        var key = await ProjectAsync("strict", "unmatched_events: refuse");
        using var http = host.Server.NewClient(key);
        using var answer = await http.PostAsync(
            "/v1/events", MeteringHost.Text("""[{"id":"a","customer":"c","type":"scann"},{"customer":"c","type":"scan"}]"""));
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        (body.GetProperty("accepted").GetInt64(), body.GetProperty("unmatched").GetBoolean()).ShouldBe((1, false));
        var rejected = body.GetProperty("rejected")[0];
        (rejected.GetProperty("code").GetString(), rejected.GetProperty("id").GetString()).ShouldBe(("event_unmatched", "a"));
        rejected.GetProperty("detail").GetString()!.ShouldBe("No meter reads events of the type 'scann'. Did you mean 'scan'?");
        JsonElement.Parse(await http.GetStringAsync("/v1/unmatched-events")).GetProperty("data")[0].GetProperty("count").GetInt64()
            .ShouldBe(1);
    }

    private async Task<string> ProjectAsync(string code, string policy)
    {
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        var catalog =
            $"code: {code}\nname: {code}\ndefault_plan: free\n{policy}\nfeatures:\n  - {{code: scan, name: Scans}}\nplans:\n  - {{code: free, name: Free, entitlements: [{{feature: scan, quota: 5}}]}}\n";
        using var made = await admin.PostAsync("/v1/projects", new StringContent(
            JsonSerializer.Serialize(
                new Dictionary<string, string> { ["code"] = code, ["name"] = code, ["mode"] = "live", ["catalog"] = catalog }),
                Encoding.UTF8, "application/json"));
        var body = JsonElement.Parse(await made.Content.ReadAsStringAsync());
        ((int)made.StatusCode).ShouldBe(201, body.ToString());
        return body.GetProperty("secret_key").GetString()!;
    }
}
