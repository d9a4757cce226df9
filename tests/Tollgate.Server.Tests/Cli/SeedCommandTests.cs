using System.Net;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate catalog seed</c>.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class SeedCommandTests(RunningServer running)
{
    /// <summary>The lines of the seed's "Expected Output", in its order; each <c>...</c> there stands for more of them.</summary>
    private static readonly string[] Expected =
    [
        "🌱 PRICING DATA SEED SCRIPT",
        "===========================================================",
        "Creating Pricing Plans...",
        "  ✅ Created plan: Free",
        "  ✅ Created plan: Basic",
        "  ✅ Created plan: Pro",
        "  ✅ Created plan: Enterprise",
        "",
        "Creating Plan Prices...",
        "  ✅ Created price: Free - monthly = $0.00",
        "  ✅ Created price: Basic - monthly = $9.99",
        "",
        "Creating Plan Features...",
        "  ✅ Created: Free - cv_generate: 2",
        "  ✅ Created: Basic - cv_generate: 10",
        "",
        "Creating Model Pricing...",
        "  ✅ Added pricing for gpt-4o",
        "  ✅ Added pricing for gpt-4o-mini",
        "",
        "✅ SEED COMPLETED SUCCESSFULLY!",
    ];

    [Fact]
    public async Task A_the_seed_script_prints_its_lines_and_changes_nothing_twice()
    {
        var lines = (await SeedAsync("career-coach", project: null)).Split('\n').Select(static line => line.TrimEnd('\r')).ToList();
        var at = -1;
        foreach (var line in Expected)
        {
            var next = lines.IndexOf(line, at + 1);
            next.ShouldBeGreaterThan(at, $"\"{line}\" is missing after line {at}:\n{string.Join('\n', lines)}");
            at = next;
        }

        lines.ShouldContain("The project had all of it; nothing was changed.");
        lines.Count(static line => line.StartsWith("  ✅", StringComparison.Ordinal)).ShouldBe(4 + 7 + 28 + 4);
    }

    [Fact]
    public async Task A_project_without_a_catalogue_gets_it_once_and_one_of_its_own_stays()
    {
        var made = await running.DoorWith(running.Server.AdminKey).PostAsync(
            "/v1/projects", """{"code": "seeded", "name": "Seeded", "mode": "sandbox"}""");
        var door = running.DoorWith(made["secret_key"].GetValue<string>());
        (await SeedAsync("career-coach", "seeded")).ShouldNotContain("nothing was changed");
        (await door.GetAsync("/pricing/plans/pro"))["prices"][0]!["display_price"]!.GetValue<string>().ShouldBe("$29.99");
        (await door.GetAsync("/v1/model-prices?scope=project&model=gpt-4o"))["data"][0]!["prices"]!["input"]!.GetValue<string>()
            .ShouldBe("2.5");
        (await SeedAsync("career-coach", "seeded")).ShouldContain("nothing was changed");
        var told = await ServerProcess.RunAsync(
            ["catalog", "seed", "career-coach", "--data", running.Server.Data, "--project", "seeded", "--json"]);
        System.Text.Json.JsonElement.Parse(told.Output).GetProperty("model_prices_added").GetInt32().ShouldBe(0);

        var (code, output) = await RunAsync("trendit", "seeded");
        (code, output.Contains("has a catalogue of its own", StringComparison.Ordinal)).ShouldBe((1, true), output);
        (await door.GetAsync("/v1/plans/basic")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<string> SeedAsync(string catalog, string? project)
    {
        var (code, output) = await RunAsync(catalog, project);
        code.ShouldBe(0, output);
        return output;
    }

    private async Task<(int Code, string Output)> RunAsync(string catalog, string? project)
    {
        string[] named = project is null ? [] : ["--project", project];
        return await ServerProcess.RunAsync(["catalog", "seed", catalog, "--data", running.Server.Data, .. named]);
    }
}
