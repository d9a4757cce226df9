using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate prices</c> against a running server.</summary>
public sealed class PriceCommandsTests(MeteringHost host) : IClassFixture<MeteringHost>
{
    private const string Line =
        """{"provider":"house","model":"$NAME","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"$INPUT","output":"8"},"source":"list of the test"}""";

    private Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        ServerProcess.RunAsync(["prices", .. arguments, "--data", host.Server.Data, "--project", "meters"]);

    private static string Priced(string name, string input) =>
        Line.Replace("$NAME", name, StringComparison.Ordinal).Replace("$INPUT", input, StringComparison.Ordinal);

    private static string ListOf(TestFolder folder, string file, params string[] lines)
    {
        var path = folder.Combine(file);
        File.WriteAllText(path, "[\n" + string.Join(",\n", lines) + "\n]\n");
        return path;
    }

    [Fact]
    public async Task A_list_is_shown_then_imported_and_changes_nothing_the_second_time()
    {
        using var folder = TestFolder.Create();
        var first = ListOf(folder, "first.json", Priced("cli-1", "2"), Priced("cli-2", "4"));

        (await RunAsync("diff", first, "--exit-code")).ShouldSatisfyAllConditions(
            shown => shown.ExitCode.ShouldBe(2, shown.Output),
            shown => shown.Output.ShouldContain("+ house cli-1 from 2020-01-01: input none → 2, output none → 8"),
            shown => shown.Output.ShouldContain("2 new, 0 changed, 0 unchanged (project prices)."));
        (await RunAsync("import", first, "--yes")).ShouldSatisfyAllConditions(
            done => done.ExitCode.ShouldBe(0, done.Output), done => done.Output.ShouldContain("2 prices were added to the project ones."));

        var second = ListOf(folder, "second.json", Priced("cli-1", "3"), Priced("cli-2", "4"));
        var changed = await RunAsync("import", second, "--yes");
        changed.ExitCode.ShouldBe(0, changed.Output);
        changed.Output.ShouldContain("input 2 → 3 (+50 %)");
        changed.Output.ShouldContain("0 new, 1 changed, 1 unchanged");
        (await RunAsync("diff", second, "--exit-code")).ExitCode.ShouldBe(0);

        // A call of yesterday has yesterday's price, and a call of now the present one.
        var yesterday = DateTimeOffset.UtcNow.AddDays(-1)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        (await CostAsync(
            $$"""{"customer":"cli","provider":"house","model":"cli-1","input_tokens":1000000,"occurred_at":"{{yesterday}}"}""")).ShouldBe(
            "2");
        (await CostAsync("""{"customer":"cli","provider":"house","model":"cli-1","input_tokens":1000000}""")).ShouldBe("3");
    }

    [Fact]
    public async Task Prices_are_set_and_listed_as_they_hold()
    {
        (await RunAsync(
            "set", "house", "cli-3", "input=1.5", "search=0.01", "--alias", "cli-three", "--source", "a contract")).ExitCode.ShouldBe(0);
        (await RunAsync("set", "house", "cli-3", "input=9", "--from", "2040-01-01T00:00:00Z")).ExitCode.ShouldBe(0);

        var (code, now) = await RunAsync("list", "--provider", "house", "--model", "CLI-three", "--scope", "project");
        (code, now.Trim().Split('\n').Length).ShouldBe((0, 2), now);
        now.ShouldContain("input=1.5 search=0.01");
        now.ShouldContain("a contract");
        (await RunAsync("list", "--model", "cli-3", "--at", "2041-01-01T00:00:00Z")).Output.ShouldContain("input=9");
        (await RunAsync("list", "--model", "cli-3", "--all")).Output.Trim().Split('\n').Length.ShouldBe(3);
    }

    [Theory]
    [InlineData("set house m input", 2, "\"input\" is not a price: unit=dollars is expected")]
    [InlineData("set house m wine=1", 2, "\"wine=1\" is not a price")]
    [InlineData("set house m input=cheap", 1, "prices.input")]
    [InlineData("list --scope mine", 1, "One of project, shared is expected.")]
    [InlineData("list --at yesterday", 1, "effective_at")]
    [InlineData("import /no/such/file.json", 1, "/no/such/file.json cannot be read")]
    public async Task A_fault_is_one_sentence_and_an_exit_code(string line, int expected, string sentence)
    {
        var (code, text) = await RunAsync(line.Split(' '));

        code.ShouldBe(expected, text);
        text.ShouldContain(sentence);
        text.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Faults_of_a_list_are_told_with_their_lines_and_nothing_is_added()
    {
        using var folder = TestFolder.Create();
        var file = ListOf(folder, "bad.json", Priced("cli-4", "1"), Priced("cli-5", "dear"));

        var (code, text) = await RunAsync("import", file, "--yes");

        code.ShouldBe(1, text);
        text.ShouldContain("bad.json:3:");
        text.ShouldContain("'dear' is not a price");
        (await RunAsync("list", "--model", "cli-4")).Output.ShouldNotContain("cli-4");
    }

    [Fact]
    public async Task Without_an_answer_nothing_is_imported()
    {
        using var folder = TestFolder.Create();
        var (code, text) = await RunAsync("import", ListOf(folder, "ask.json", Priced("cli-6", "1")));

        (code, text.Contains("Add --yes", StringComparison.Ordinal)).ShouldBe((1, true), text);
    }

    [Fact]
    public async Task With_the_admin_key_alone_the_shared_prices_are_meant()
    {
        using var folder = TestFolder.Create();
        var file = ListOf(folder, "shared.json", Priced("cli-7", "5"));
        var (code, text) = await ServerProcess.RunAsync("prices", "import", file, "--yes", "--data", host.Server.Data);

        (code, text.Contains("added to the shared ones", StringComparison.Ordinal)).ShouldBe((0, true), text);
        (await CostAsync("""{"customer":"cli","provider":"house","model":"cli-7","input_tokens":1000000}""")).ShouldBe("5");
        (await ServerProcess.RunAsync("prices", "list", "--model", "cli-7", "--data", host.Server.Data)).Output.ShouldContain("shared");
    }

    [Fact]
    public async Task A_projects_key_cannot_reach_the_shared_prices()
    {
        var (status, body) = await host.PostAsync("/v1/model-prices/import", "[" + Priced("cli-8", "5") + "]");

        (status, body.GetProperty("scope").GetString()).ShouldBe((200, "project"));
    }

    [Theory]
    [InlineData("{}", 422)]
    [InlineData("[{]", 400)]
    [InlineData("""[{"provider":"p"}]""", 422)]
    public async Task A_body_that_is_no_list_is_refused(string body, int status) =>
        (await host.PostAsync("/v1/model-prices/import", body)).Status.ShouldBe(status);

    private async Task<string?> CostAsync(string call)
    {
        var (status, body) = await host.PostAsync("/v1/llm-calls", call);
        status.ShouldBe(200, body.ToString());
        return body.GetProperty("cost_usd").GetString();
    }
}
