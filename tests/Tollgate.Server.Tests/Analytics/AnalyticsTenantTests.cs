using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Two projects with the same customers, features, plans and models: each reads its own figures alone.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class AnalyticsTenantTests(RunningServer running)
{
    private const string Name = "محمد \"أبو\" o'Neil";

    private static readonly string[] Dimensions = ["customer", "plan", "feature", "model", "provider", "day"];

    [Fact]
    public async Task A_tenant_with_the_same_names_changes_and_reads_no_figure_of_the_other()
    {
        var mine = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var hostile = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await LiveAsync(mine, 1_000_000);
        var before = await FiguresAsync(mine);
        await LiveAsync(hostile, 3_000_000);
        (await FiguresAsync(mine)).ShouldBe(before);
        foreach (var (path, text) in await FiguresAsync(hostile))
        {
            text.ShouldNotBe(before[path], path);
            text.ShouldNotContain("\"cost\":\"2.5\"", Case.Sensitive, path);
        }

        // Its key and the other project's code: by header and by path.
        (await hostile.Door.SendAsync(
            HttpMethod.Get, "/v1/analytics/margins", null, ("X-Project", mine.Code))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await hostile.Door.GetAsync($"/p/{mine.Code}/v1/analytics/margins")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("group_by=")]
    [InlineData("group_by=Customer")]
    [InlineData("group_by=customer&group_by=plan")]
    [InlineData("group_by=customer,plan")]
    [InlineData("group_by=customer%27%3B%20DROP%20TABLE%20invoices--")]
    [InlineData("group_by=%00")]
    [InlineData("group_by=%D9%85%D8%AD%D9%85%D8%AF")]
    [InlineData("groupby=customer")]
    public async Task A_wrong_dimension_is_named_and_nothing_is_read(string query)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        foreach (var path in (string[])["/v1/analytics/margins", "/v1/analytics/margins.csv"])
        {
            var came = await sandbox.Door.GetAsync($"{path}?{query}");
            ((int)came.Status).ShouldBeInRange(400, 422, $"{path}?{query}");
            came.Json!.ToJsonString().ShouldContain("group_by");
        }
    }

    private static async Task LiveAsync(BillingSandbox sandbox, int tokens)
    {
        await sandbox.SubscribeAsync(new JsonObject { ["customer"] = Name, ["plan"] = "pro", ["trial"] = false }.ToJsonString());
        await sandbox.UseAsync("acme", "calls", tokens / 1_000_000);
        foreach (var customer in (string[])[Name, "acme"])
        {
            (await sandbox.Door.PostAsync(
                "/v1/llm-calls",
                new JsonObject
                {
                    ["id"] = "call-1", ["customer"] = customer, ["provider"] = "openai", ["model"] = "gpt-4o", ["input_tokens"] = tokens,
                    ["attribute_to"] = "calls",
                }.ToJsonString())).Status.ShouldBe(HttpStatusCode.OK);
        }

        await sandbox.AdvanceAsync("2027-04-05T12:00:00Z");
    }

    private static async Task<SortedDictionary<string, string>> FiguresAsync(BillingSandbox sandbox)
    {
        var figures = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Dimensions.Select(static by => $"/v1/analytics/margins?from=2027-04-01&to=2027-04-05&group_by={by}")
            .Append("/v1/analytics/features/adoption?from=2027-04-01"))
        {
            var came = await sandbox.Door.GetAsync(path);
            came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
            figures[path] = came.Json!.ToJsonString();
        }

        return figures;
    }
}
