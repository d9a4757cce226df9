using System.Text;
using System.Text.Json;
using Tollgate.Server.Tests.Catalog;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Projects;

/// <summary>The project that a request without a key sees. The server's default project is the career coach.</summary>
[Collection(nameof(CatalogServer))]
public sealed class HostsOverHttpTests(CatalogServer fixture)
{
    private static readonly string[] CareerCoach = ["free", "basic", "pro", "enterprise"];
    private static readonly string[] ResumeAts = ["free", "pro", "elite"];

    [Fact]
    public async Task A_host_shows_its_own_project_and_no_other()
    {
        await SetAsync("resume-ats", 200, "ats.example", "www.ats.example");
        await SetAsync("alwrity", 200, "writer.example");

        var hosts = new Dictionary<string, string[]>
        {
            ["ats.example"] = ResumeAts,
            ["www.ats.example"] = ResumeAts,
            ["ATS.Example:8443"] = ResumeAts,
            ["ats.example."] = ResumeAts,
            ["writer.example"] = ["free", "basic", "pro", "enterprise"],
            ["other.example"] = CareerCoach,
            ["x.ats.example"] = CareerCoach,
            ["example"] = CareerCoach,
        };
        foreach (var (host, plans) in hosts)
        {
            Codes(await GetAsync("/pricing/plans", host)).ShouldBe(plans, host);
        }

        // Each of the reads that need no key, and figures that only the one project has.
        Names(await GetAsync("/pricing/features", "ats.example"), "feature_code").ShouldContain("ats_scan");
        Names(await GetAsync("/pricing/features", "writer.example"), "feature_code").ShouldContain("gemini_calls");
        Names(await GetAsync("/pricing/features", "other.example"), "feature_code").ShouldContain("cv_generate");
        Codes((await GetAsync("/pricing/compare", "ats.example")).GetProperty("plans")).ShouldBe(ResumeAts);
        Codes((await GetAsync("/api/subscription/plans", "ats.example")).GetProperty("plans")).ShouldBe(ResumeAts);
        (await GetAsync("/pricing/plans/elite", "ats.example")).GetProperty("code").GetString().ShouldBe("elite");
        await GetAsync("/pricing/plans/elite", "writer.example", status: 404);
        await GetAsync("/pricing/plans/elite", "other.example", status: 404);
        await SetAsync("resume-ats", 200);
        await SetAsync("alwrity", 200);
    }

    [Fact]
    public async Task A_key_decides_whatever_the_host_is_and_a_host_opens_nothing_but_public_reads()
    {
        await SetAsync("trendit", 200, "trendit.example");
        Codes(await GetAsync("/pricing/plans", "trendit.example", fixture.Server.Keys["TOLLGATE_PUBLIC_KEY_RESUME_ATS"]))
            .ShouldBe(ResumeAts);
        await GetAsync("/pricing/plans", "trendit.example", "tg_pk_nonsense", status: 401);
        foreach (var path in new[] { "/v1/plans", "/v1/catalog", "/v1/customers", "/me/usage", "/v1/projects/trendit" })
        {
            await GetAsync(path, "trendit.example", status: 401);
        }

        await SetAsync("trendit", 200);
    }

    [Fact]
    public async Task A_host_has_one_project_and_the_whole_list_is_replaced()
    {
        (await SetAsync("resume-ats", 200, "One.Example", "two.example", "one.example.")).GetProperty("hosts").EnumerateArray()
            .Select(host => host.GetString()).ShouldBe(["one.example", "two.example"]);
        (await SetAsync("alwrity", 409, "three.example", "two.example")).GetProperty("detail").GetString()!.ShouldContain("two.example");
        Codes(await GetAsync("/pricing/plans", "three.example")).ShouldBe(CareerCoach, "nothing of a refused list is set");

        await SetAsync("resume-ats", 200, "one.example");
        await SetAsync("alwrity", 200, "two.example");
        Codes(await GetAsync("/pricing/plans", "two.example")).ShouldNotBe(ResumeAts);
        await SetAsync("resume-ats", 200);
        await SetAsync("alwrity", 200);
        Codes(await GetAsync("/pricing/plans", "one.example")).ShouldBe(CareerCoach);
    }

    [Fact]
    public async Task Invalid_host_names_are_refused_with_all_faults()
    {
        var refused = await SetAsync(
            "resume-ats", 422, "ok.example", "http://x.example", "x.example:80", "", "a b", "-a.example", "a..b", new string('a', 64));
        refused.GetProperty("errors").EnumerateArray().Select(fault => fault.GetProperty("param").GetString()).ShouldBe(
            ["hosts[1]", "hosts[2]", "hosts[3]", "hosts[4]", "hosts[5]", "hosts[6]", "hosts[7]"]);
        await SetAsync("resume-ats", 422, [.. Enumerable.Range(0, 21).Select(i => $"h{i}.example")]);
        await SetAsync("nobody", 404, "ok.example");
        await SendAsync(
            HttpMethod.Put, "/v1/projects/resume-ats/hosts", null, fixture.Server.Keys["TOLLGATE_KEY_RESUME_ATS"], """{"hosts": []}""",
            403);
        await SendAsync(HttpMethod.Put, "/v1/projects/resume-ats/hosts", null, fixture.Server.AdminKey, "{}", 422);
        await SendAsync(HttpMethod.Put, "/v1/projects/resume-ats/hosts", null, fixture.Server.AdminKey, """{"hosts": [null]}""", 422);
    }

    [Fact]
    public async Task The_command_sets_all_of_them_or_none()
    {
        var (set, text) = await ServerProcess.RunAsync("projects", "set-hosts", "resume-ats", "a.cli.example", "b.cli.example", "--data",
            fixture.Server.Data);
        set.ShouldBe(0, text);
        Codes(await GetAsync("/pricing/plans", "b.cli.example")).ShouldBe(ResumeAts);

        var (cleared, printed) = await ServerProcess.RunAsync("projects", "set-hosts", "resume-ats", "--data", fixture.Server.Data);
        cleared.ShouldBe(0, printed);
        Codes(await GetAsync("/pricing/plans", "b.cli.example")).ShouldBe(CareerCoach);
    }

    private Task<JsonElement> SetAsync(string project, int status, params string[] hosts) => SendAsync(
        HttpMethod.Put, $"/v1/projects/{project}/hosts", null, fixture.Server.AdminKey,
        $$"""{"hosts": {{JsonSerializer.Serialize(hosts)}}}""", status);

    private Task<JsonElement> GetAsync(string path, string host, string? key = null, int status = 200) =>
        SendAsync(HttpMethod.Get, path, host, key, null, status);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? host, string? key, string? body, int status)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Host = host;
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var answer = await fixture.Server.Http.SendAsync(request);
        return await answer.BodyAsync(status);
    }

    private static IEnumerable<string> Codes(JsonElement plans) =>
        Names(plans.ValueKind == JsonValueKind.Array ? plans : plans.GetProperty("plans"), "code");

    private static IEnumerable<string> Names(JsonElement list, string member) =>
        list.EnumerateArray().Select(item => item.GetProperty(member).GetString()!);
}
