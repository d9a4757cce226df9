using System.Net;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Web.Layout;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>
/// The seeds' public reads without a key on a plain <c>up</c>: each product's bare paths answer for its own project, and <c>/p/{code}/…</c>
/// for any project. Nothing else opens.
/// </summary>
[Collection(RunningServerTests.Commands)]
public sealed class PublicReadsTests(RunningServer running)
{
    private Door Nobody => running.DoorWith(null);

    [Fact]
    public async Task The_bare_paths_of_each_product_answer_for_its_own_project()
    {
        Codes(await Nobody.GetAsync("/pricing/plans"), "").ShouldBe(["free", "basic", "pro", "enterprise"]);
        (await Nobody.GetAsync("/pricing/plans/pro"))["prices"][0]!["display_price"]!.GetValue<string>().ShouldBe("$29.99");
        (await Nobody.GetAsync("/pricing/features")).Json!.AsArray().Count.ShouldBe(7);
        (await Nobody.GetAsync("/pricing/compare"))["plans"].AsArray().Count.ShouldBe(4);
        Codes(await Nobody.GetAsync("/api/subscription/plans"), "plans").ShouldBe(["free", "basic", "pro", "enterprise"]);
        (await Nobody.GetAsync("/api/subscription/plans"))["plans"][2]!["price_monthly"]!.GetValue<decimal>().ShouldBe(79m);
        (await Nobody.GetAsync("/api/subscription/pricing?provider=tavily"))["pricing"].AsArray().ShouldNotBeEmpty();
        (await Nobody.GetAsync("/billing/status")).ShouldBe(
            HttpStatusCode.OK, """{"status": "not_configured", "configured": false, "provider": "manual"}""");
        (await Nobody.SendAsync(HttpMethod.Get, "/admin/stats/plans", null, ("X-Admin-Key", running.Server.AdminKey)))
            .Status.ShouldBe(HttpStatusCode.OK, "The admin key without X-Project speaks of the product's own project.");
    }

    [Fact]
    public async Task A_path_below_p_and_the_code_answers_for_that_project()
    {
        Codes(await Nobody.GetAsync("/p/resume-ats/pricing/plans"), "").ShouldBe(["free", "pro", "elite"]);
        (await Nobody.GetAsync("/p/resume-ats/pricing/plans?x=/p/alwrity")).Status.ShouldBe(HttpStatusCode.OK);
        Codes(await Nobody.GetAsync("/p/trendit/api/subscription/plans"), "plans").ShouldBe(["free", "pro", "enterprise"]);

        var mine = running.DoorOf("resume-ats");
        (await mine.PostAsync("/p/resume-ats/v1/customers", """{"id": "path/user"}""")).Status.ShouldBe(HttpStatusCode.Created);
        (await mine.GetAsync("/p/resume-ats/v1/customers/path%2Fuser"))["id"].GetValue<string>().ShouldBe("path/user");
        (await running.DoorOf("resume-ats", "path-user").PostAsync("/p/resume-ats/ats/score")).Status.ShouldBe(HttpStatusCode.OK);
        (await running.DoorOf("resume-ats", "path-user").GetAsync("/me/usage"))["features"]["ats_scan"]!["used"]!.GetValue<int>()
            .ShouldBe(1);
        var admin = running.DoorWith(running.Server.AdminKey);
        (await admin.GetAsync("/p/trendit/v1/plans"))["data"].AsArray().Count.ShouldBe(3);
        (await admin.SendAsync(HttpMethod.Get, "/p/trendit/v1/plans", null, ("X-Project", "alwrity"))).Status
            .ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>A path selects among public reads. It gives no key another project, and opens nothing else.</summary>
    [Fact]
    public async Task A_path_opens_nothing_but_public_reads()
    {
        var other = await running.DoorOf("trendit").GetAsync("/p/resume-ats/v1/customers");
        (other.Status, other["code"].GetValue<string>()).ShouldBe((HttpStatusCode.BadRequest, "malformed_request"));
        (await running.DoorWith(running.Server.Keys["TOLLGATE_PUBLIC_KEY_TRENDIT"]).GetAsync("/p/resume-ats/pricing/plans")).Status
            .ShouldBe(HttpStatusCode.BadRequest);
        foreach (var path in (string[])[
            "/v1/plans", "/v1/catalog", "/v1/customers", "/me/usage", "/api/subscription/usage/u", "/api/features/available?tier=free",
            "/v1/customers/u/usage"])
        {
            (await Nobody.GetAsync("/p/resume-ats" + path)).Status.ShouldBe(HttpStatusCode.Unauthorized, path);
            (await Nobody.GetAsync(path)).Status.ShouldBe(HttpStatusCode.Unauthorized, path);
        }

        (await Nobody.SendAsync(HttpMethod.Get, "/p/career-coach/admin/stats/plans", null)).Status.ShouldBe(HttpStatusCode.Forbidden);
        foreach (var path in (string[])["/p/nobody/pricing/plans", "/p/", "/p", "/p//pricing/plans", "/p/Resume-Ats/pricing/plans"])
        {
            (await Nobody.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    /// <summary><c>upgrade_url</c> of E's 429 leads to a page.</summary>
    [Theory]
    [InlineData("/billing/upgrade", "Trendit", "<strong>$29</strong><span class=\"quiet\">/ month</span>")]
    [InlineData(
        "/p/resume-ats/billing/upgrade", "Resume &amp; ATS",
        "<strong>$10</strong><span class=\"quiet\">/ month</span></p><p class=\"quiet\">$120 billed yearly, you save $24</p>")]
    public async Task E_the_upgrade_page_has_the_plans_and_their_prices(string path, string name, string price)
    {
        using var http = running.Server.NewClient(null);
        using var answer = await http.GetAsync(new Uri(path + "?customer=<script>", UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "text/html"));
        text.ShouldContain($" · {name}</title>");
        Regex.Replace(text, ">\\s+<", "><").ShouldContain(price);
        Regex.Matches(text, "<script[^>]*>").Select(static one => one.Value)
            .ShouldBe(["<script type=\"application/ld+json\">", $"<script type=\"module\" src=\"{PageAssets.Pricing.Path}\">"]);
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
    }

    private static IEnumerable<string> Codes(Came came, string member) =>
        (member.Length == 0 ? came.Json! : came[member]).AsArray().Select(static plan => plan!["code"]!.GetValue<string>());
}
