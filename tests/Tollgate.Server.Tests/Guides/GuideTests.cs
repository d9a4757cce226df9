using System.Globalization;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Guides;

/// <summary>Every shell block of every guide runs as pasted on a fresh server, and prints what the guide shows.</summary>
public sealed class GuideTests(TestPostgres postgres)
{
    /// <summary>Blocks of a guide that a test cannot run, because they need something of the reader.</summary>
    private static readonly Dictionary<string, int> NeedWorld = new()
    {
        ["README.md"] = 1,
        ["docs/guides/gateway.md"] = 3,
        ["docs/guides/paymob.md"] = 1,
        ["docs/guides/stripe.md"] = 2,
    };

    public static TheoryData<string> Paths => [.. Guide.All.Select(static guide => guide.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_guide_runs_as_pasted_on_a_fresh_server(string path)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var shell = await GuideShell.StartAsync(database.ConnectionString);
        (await shell.PasteAsync(Guide.All.Where(guide => guide.Path == path))).ShouldBeEmpty();
    }

    [Fact]
    public async Task All_guides_run_in_any_order_on_one_server()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("TOLLGATE_GUIDE_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next(10_000);
        var guides = Guide.All.ToArray();
        new Random(seed).Shuffle(guides);
        await using var database = await postgres.CreateDatabaseAsync();
        await using var shell = await GuideShell.StartAsync(database.ConnectionString);
        (await shell.PasteAsync(guides)).ShouldBeEmpty(
            $"TOLLGATE_GUIDE_SEED={seed} pastes them in this order again: {string.Join(", ", guides.Select(static guide => guide.Path))}.");
    }

    [Fact]
    public async Task A_guide_that_tells_something_else_is_seen()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var shell = await GuideShell.StartAsync(database.ConnectionString);
        await SeeAsync("```bash\ntrue\n./tollgate nothing\n```\n", ":1: this command failed: ./tollgate nothing (exit code 2)");
        await SeeAsync("```bash\n. .tollgate/keys.env\ncurl -sS $TOLLGATE_URL/v1/plans\n```\n", ":1: a request was answered 401");
        await SeeAsync(
            "```bash\n. .tollgate/keys.env\ncurl -sS $TOLLGATE_URL/v1/plans\n```\n```json\n{\"status\": 404, …}\n```\n", "answered 401");
        await SeeAsync("```bash\necho 1\n```\n\n```text\n2\n```\n", ":1: The guide shows\n2");
        (await shell.PasteAsync(
            [Guide.Parse("good.md", "```bash\necho 1\n```\n**Needs a miracle:**\n\n```bash\nfalse\n```\n")])).ShouldBeEmpty();

        async Task SeeAsync(string guide, string fault) =>
            (await shell.PasteAsync([Guide.Parse("wrong.md", guide)])).ShouldHaveSingleItem().ShouldContain(fault);
    }

    [Fact]
    public void Few_blocks_need_what_only_a_reader_has() =>
        Guide.All.Where(static guide => guide.Blocks.Any(static block => block.NeedsWorld))
            .ToDictionary(static guide => guide.Path, static guide => guide.Blocks.Count(static block => block.NeedsWorld))
            .ShouldBe(NeedWorld, ignoreOrder: true);

    [Fact]
    public void An_output_follows_the_block_that_prints_it() =>
        Guide.All.SelectMany(static guide => guide.Blocks.Where((block, i) => block.IsOutput && (i == 0 || !guide.Blocks[i - 1].IsShell))
                .Select(block => $"{guide.Path}:{block.Line}"))
            .ShouldBeEmpty("No shell block stands before these outputs, so nobody knows whether they are true.");

    [Theory]
    [InlineData("""{"a": 1}""", """{"a":1.0}""", true)]
    [InlineData("""{"a": 1}""", """{"a":2}""", false)]
    [InlineData("""{"a": 1}""", """{"a":1,"b":2}""", false)]
    [InlineData("""{"a": 1, …}""", """{"a":1,"b":2}""", true)]
    [InlineData("""{"c": 1, …}""", """{"a":1,"b":2}""", false)]
    [InlineData("""{"a": "in_…"}""", """{"a":"in_1"}""", true)]
    [InlineData("""{"a": "in_…"}""", """{"a":"xin_1"}""", false)]
    [InlineData("""{"a": …, "b": 2}""", """{"a":1,"b":2}""", true)]
    [InlineData("""[{"a": null}, …]""", """[{"a":null},{"a":1}]""", true)]
    [InlineData("""[{"a": null}]""", """[{"a":null},{"a":1}]""", false)]
    public void Shown_json_is_compared(string shown, string output, bool isTrue) =>
        (ShownOutput.Difference(shown, $"printed before\n{output}\n", isJson: true) is null).ShouldBe(isTrue);

    [Theory]
    [InlineData("b  1\n…\nd\n", "a\nb  1\nc\nd\n", true)]
    [InlineData("b …\n", "a\nb 1 2\n", true)]
    [InlineData("a\n", "a\nb\n", false)]
    [InlineData("b\n", "ab\n", false)]
    public void Shown_text_is_compared(string shown, string output, bool isTrue) =>
        (ShownOutput.Difference(shown, output, isJson: false) is null).ShouldBe(isTrue);
}
