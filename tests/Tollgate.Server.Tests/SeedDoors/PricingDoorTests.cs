using System.Text.Json;
using Tollgate.Server.Tests.Catalog;

namespace Tollgate.Server.Tests.SeedDoors;

/// <summary>The pricing pages of the career coach and the writing assistant, in the exact form that they read.</summary>
[Collection(nameof(CatalogServer))]
public sealed class PricingDoorTests(CatalogServer fixture)
{
    [Fact]
    public async Task The_career_coach_gets_its_pro_plan_field_by_field_in_its_order()
    {
        var plans = await fixture.Server.Http.JsonAsync("/pricing/plans");

        plans.EnumerateArray().Select(plan => plan.GetProperty("code").GetString()).ShouldBe(["free", "basic", "pro", "enterprise"]);
        var pro = plans[2];
        Names(pro).ShouldBe(["code", "name", "description", "sort_order", "prices", "features"]);
        pro.GetProperty("name").GetString().ShouldBe("Pro");
        pro.GetProperty("description").GetString().ShouldBe("Advanced features for serious career advancement");
        pro.GetProperty("sort_order").GetInt32().ShouldBe(3);
        Raw(pro.GetProperty("prices")).ShouldBe(
            """[{"billing_period":"monthly","price_cents":2999,"currency":"USD","trial_days":7,"display_price":"$29.99"},{"billing_period":"yearly","price_cents":29900,"currency":"USD","trial_days":14,"display_price":"$299.00"}]""");
        var features = pro.GetProperty("features").EnumerateArray().Select(Raw).ToArray();
        features[0].ShouldBe("""{"feature_code":"cv_generate","monthly_quota":30,"hard_cap":true,"display_quota":"30"}""");
        features.ShouldContain(
            """{"feature_code":"career_chat_messages","monthly_quota":null,"hard_cap":false,"display_quota":"Unlimited"}""");
    }

    [Theory]
    [InlineData("free", 2, 1, 10, "$0.00", null)]
    [InlineData("basic", 10, 5, 100, "$9.99", "$99.00")]
    [InlineData("pro", 30, 20, null, "$29.99", "$299.00")]
    [InlineData("enterprise", null, null, null, "$99.99", "$999.00")]
    public async Task The_career_coachs_figures_are_its_own(
        string code, int? cvs, int? interviews, int? messages, string monthly, string? yearly)
    {
        var plan = await fixture.Server.Http.JsonAsync($"/pricing/plans/{code}");

        var quotas = plan.GetProperty("features").EnumerateArray().ToDictionary(
            f => f.GetProperty("feature_code").GetString()!,
            f => f.GetProperty("monthly_quota").ValueKind == JsonValueKind.Null ? (int?)null : f.GetProperty("monthly_quota").GetInt32());
        quotas["cv_generate"].ShouldBe(cvs);
        quotas["mock_interview"].ShouldBe(interviews);
        quotas["career_chat_messages"].ShouldBe(messages);
        quotas.Keys.ShouldBe(
            ["cv_generate", "cv_analyze", "cover_letter_generate", "motivation_letter_generate", "mock_interview", "career_chat_messages",
                "job_tracking"],
            ignoreOrder: true);
        var prices = plan.GetProperty("prices").EnumerateArray().Select(p => p.GetProperty("display_price").GetString()).ToArray();
        prices.ShouldBe(yearly is null ? [monthly] : [monthly, yearly]);
    }

    [Fact]
    public async Task An_unknown_plan_is_404()
    {
        var problem = await fixture.Server.Http.JsonAsync("/pricing/plans/gold", 404);
        problem.GetProperty("detail").GetString().ShouldBe("Plan gold not found");
    }

    [Fact]
    public async Task Features_have_names_texts_and_icons_and_the_comparison_has_a_row_for_each()
    {
        var features = await fixture.Server.Http.JsonAsync("/pricing/features");
        Names(features[0]).ShouldBe(["feature_code", "name", "description", "icon"]);
        features.EnumerateArray().Select(f => f.GetProperty("name").GetString()).ShouldBe(
            ["CV Generation", "CV Analysis & ATS Score", "Cover Letters", "Motivation Letters", "Mock Interviews", "Career Coaching Chat",
                "Job Application Tracking"]);

        var compare = await fixture.Server.Http.JsonAsync("/pricing/compare");
        compare.GetProperty("plans").GetArrayLength().ShouldBe(4);
        compare.GetProperty("features").GetArrayLength().ShouldBe(7);
        compare.GetProperty("features")[0].GetProperty("plans").GetProperty("basic").GetProperty("display_quota").GetString()
            .ShouldBe("10");
    }

    [Fact]
    public async Task A_key_decides_the_project()
    {
        using var client = fixture.Server.NewClient(fixture.Server.Keys["TOLLGATE_PUBLIC_KEY_RESUME_ATS"]);
        var plans = await client.JsonAsync("/pricing/plans");
        plans.EnumerateArray().Select(plan => plan.GetProperty("code").GetString()).ShouldBe(["free", "pro", "elite"]);
    }

    [Fact]
    public async Task The_writing_assistant_gets_its_four_plans_with_prices_and_limits()
    {
        using var client = fixture.Server.ClientFor("alwrity");
        var plans = (await client.JsonAsync("/api/subscription/plans")).GetProperty("plans");

        plans.EnumerateArray().Select(p => (p.GetProperty("name").GetString(), p.GetProperty("price_monthly").GetDecimal()))
            .ShouldBe([("Free", 0m), ("Basic", 29m), ("Pro", 79m), ("Enterprise", 199m)]);
        var limits = plans[2].GetProperty("limits");
        limits.GetProperty("gemini_calls").GetInt32().ShouldBe(5000);
        limits.GetProperty("monthly_cost").GetDecimal().ShouldBe(150m);
        plans[3].GetProperty("limits").GetProperty("gemini_calls").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(member => member.Name);

    private static string Raw(JsonElement element) => element.GetRawText();
}
