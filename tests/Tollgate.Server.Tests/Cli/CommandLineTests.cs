using System.Diagnostics;
using System.Text.RegularExpressions;
using Tollgate.Server.Cli;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help", "up")]
    [InlineData("up --help", "--default-project")]
    [InlineData("up --help", "TOLLGATE_DATABASE")]
    [InlineData("up -h", "--seed")]
    public async Task Help_explains_and_ends_with_0(string line, string word)
    {
        var (code, text) = await ServerProcess.RunAsync(line.Split(' '));

        code.ShouldBe(0, text);
        text.ShouldContain(word);
    }

    [Theory]
    [InlineData("nonsense", "Unknown command 'nonsense'. Its commands: up, ")]
    [InlineData("nonsense --help", "Unknown command 'nonsense'.")]
    [InlineData("--version nonsense", "Unknown command 'nonsense'.")]
    [InlineData("invoces list --project shop", "Unknown command 'invoces'. Did you mean 'invoices'? \"tollgate --help\" explains.")]
    [InlineData("invoces --help", "Unknown command 'invoces'. Did you mean 'invoices'?")]
    [InlineData("apply --help", "Unknown command 'apply'. Did you mean 'catalog apply'?")]
    [InlineData(
        "invoices lst", "Unknown command 'lst' of \"tollgate invoices\". Did you mean 'list'? \"tollgate invoices --help\" explains.")]
    [InlineData("invoices ls", "Unknown command 'ls' of \"tollgate invoices\". Its commands: list, show, pdf, void.")]
    [InlineData("up --nonsense", "Unknown option '--nonsense' of \"tollgate up\". \"tollgate up --help\" explains.")]
    [InlineData("invoices list --projct shop", "Unknown option '--projct' of \"tollgate invoices list\". Did you mean '--project'?")]
    [InlineData("invoices list --projct=shop --help", "Unknown option '--projct' of \"tollgate invoices list\". Did you mean '--project'?")]
    [InlineData("invoices list --kee tg_sk_secret", "Unknown option '--kee' of \"tollgate invoices list\". Did you mean '--key'?")]
    [InlineData("up twice", "Unexpected argument 'twice' of \"tollgate up\".")]
    [InlineData("checkouts create acme pro", "'--back'")]
    [InlineData("up --port", "--port")]
    [InlineData("up --port http", "--port (or TOLLGATE_PORT) is \"http\"")]
    [InlineData("keys", "\"tollgate keys\" needs a command. Its commands: create, list, revoke, rotate, rotate-master.")]
    [InlineData("keys revoke", "'id'")]
    [InlineData("subscriptions change sub-1 --when now", "Nothing to change: give --plan, --period or --quantity.")]
    [InlineData("help invoces", "Unknown command 'invoces'. Did you mean 'invoices'?")]
    [InlineData("projects create shop --catalog none.yaml --url http://127.0.0.1:9 --key none", "The file none.yaml does not exist")]
    public async Task A_wrong_command_line_ends_with_2_and_a_sentence(string line, string sentence)
    {
        var (code, text) = await ServerProcess.RunAsync(line.Split(' '));

        code.ShouldBe(2, text);
        text.ShouldContain(sentence);
        text.Trim().Split('\n').Length.ShouldBe(1, text);
        text.ShouldNotContain("   at ");
        text.ShouldNotContain("tg_sk_secret");
    }

    /// <summary>Commands that print no rows and no object: they serve, write a file, or report their work in a sentence.</summary>
    private static readonly string[] WithoutJson =
    [
        "up", "sbom", "backup", "restore", "keys rotate-master",
    ];

    [Fact]
    public void Every_command_that_prints_data_prints_it_as_json_too()
    {
        var without = Leaves(CommandLine.Root(), "")
            .Where(static leaf => leaf.Command.Options.All(static option => option.Name != "--json")).Select(static leaf => leaf.Name);
        without.ShouldBe(WithoutJson, ignoreOrder: true);
    }

    [Fact]
    public void Nouns_share_their_verbs_and_every_command_of_a_server_has_an_example()
    {
        var leaves = Leaves(CommandLine.Root(), "").ToList();
        leaves.ShouldNotContain(static leaf => leaf.Name.EndsWith(" ls", StringComparison.Ordinal)
            || leaf.Name.EndsWith(" add", StringComparison.Ordinal));
        leaves.Where(static leaf => leaf.Name.Contains(' ') && leaf.Name != "keys rotate-master"
            && !leaf.Command.Description!.Contains("  tollgate " + leaf.Name, StringComparison.Ordinal))
            .Select(static leaf => leaf.Name).ShouldBeEmpty();
        leaves.ShouldContain(static leaf => leaf.Name == "customers show");
        leaves.ShouldContain(static leaf => leaf.Name == "subscriptions cancel");
    }

    [Fact]
    public async Task The_reference_lists_every_command()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(ServerProcess.Root, "docs", "reference", "cli.md"));
        Leaves(CommandLine.Root(), "").Select(static leaf => leaf.Name).Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    /// <summary>Everything but the changelog, which names removed commands.</summary>
    [Fact]
    public void Documents_and_messages_name_commands_that_exist()
    {
        var groups = CommandLine.Root().Subcommands.Where(static group => group.Subcommands.Count > 0)
            .ToDictionary(static group => group.Name, static group => group.Subcommands.Select(static sub => sub.Name).ToHashSet());
        var files = Directory.EnumerateFiles(Path.Combine(ServerProcess.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(ServerProcess.Root, "src"), "*.cs", SearchOption.AllDirectories))
            .Append(Path.Combine(ServerProcess.Root, "README.md"));
        var unknown = files.SelectMany(file => Regex.Matches(File.ReadAllText(file), "tollgate ([a-z-]+) ([a-z-]+)")
            .Where(match => groups.TryGetValue(match.Groups[1].Value, out var verbs) && !verbs.Contains(match.Groups[2].Value))
            .Select(match => $"{Path.GetRelativePath(ServerProcess.Root, file)}: {match.Value}"));
        unknown.ShouldBeEmpty();
    }

    private static IEnumerable<(string Name, System.CommandLine.Command Command)> Leaves(System.CommandLine.Command command, string name) =>
        command.Subcommands.Count == 0
        ? [(name, command)]
        : command.Subcommands.SelectMany(sub => Leaves(sub, $"{name} {sub.Name}".Trim()));

    [Fact]
    public async Task A_server_that_does_not_answer_ends_with_3_and_an_unknown_one_too()
    {
        var port = TestServer.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (away, sentence) = await ServerProcess.RunAsync("projects", "list", "--url", $"http://127.0.0.1:{port}", "--key",
            "tg_ad_secret");
        away.ShouldBe(3, sentence);
        sentence.ShouldContain("No server answers");
        sentence.ShouldNotContain("tg_ad_secret");

        using var folder = TestFolder.Create();
        var (unknown, hint) = await ServerProcess.RunAsync("projects", "list", "--data", folder.Combine("none"));
        unknown.ShouldBe(3, hint);
        hint.ShouldContain("tollgate up");
    }

    [Theory]
    [InlineData("--help", 0, "./tollgate up")]
    [InlineData("test --help", 0, "N passed, N failed, N skipped")]
    [InlineData("mutants --help", 0, "The tree itself is never changed")]
    [InlineData("audit --help", 0, "a feed could not be asked")]
    [InlineData("fuzz --help", 0, "the line that sends the same again")]
    [InlineData("lifetimes --help", 0, "a biller")]
    [InlineData("lifetimes --lives 0", 2, "it must be a whole number")]
    [InlineData("fuzz --seed many", 2, "must be a whole number")]
    public async Task The_launcher_explains_itself_without_building(string line, int expected, string word)
    {
        var (code, text) = await LaunchAsync(line.Split(' '));

        code.ShouldBe(expected, text);
        text.ShouldContain(word);
    }

    [Fact]
    public async Task The_launcher_names_every_noun()
    {
        var (_, text) = await LaunchAsync(["help"]);
        CommandLine.Root().Subcommands.Select(static noun => noun.Name).Where(noun => !Regex.IsMatch(text, $@"[\s:]{noun}[\s.]"))
            .ShouldBeEmpty();
    }

    /// <summary>The standard output has data or nothing; errors are a problem document on stderr.</summary>
    [Theory]
    [InlineData("invoces list --json", 2, "usage")]
    [InlineData("catalog diff none.yaml --json --url http://127.0.0.1:9 --key none", 1, "refused")]
    [InlineData("projects list --json --url http://127.0.0.1:9 --key none", 3, "unreachable")]
    public async Task With_json_an_error_is_json_too(string line, int exit, string word)
    {
        var (code, text) = await ServerProcess.RunAsync(line.Split(' '));
        (code, System.Text.Json.JsonElement.Parse(text).GetProperty("code").GetString()).ShouldBe((exit, word), text);
    }

    [Fact]
    public async Task Validate_prints_its_faults_as_json()
    {
        using var folder = TestFolder.Create();
        await File.WriteAllTextAsync(folder.Combine("bad.yaml"), "code: x\nname: [1\n");
        var (code, text) = await ServerProcess.RunAsync("catalog", "validate", folder.Combine("bad.yaml"), "--json");
        code.ShouldBe(1, text);
        var fault = System.Text.Json.JsonElement.Parse(text).GetProperty("faults")[0];
        (fault.GetProperty("line").ValueKind,
            fault.GetProperty("file").GetString()).ShouldBe((System.Text.Json.JsonValueKind.Number, folder.Combine("bad.yaml")));
    }

    private static async Task<(int Code, string Text)> LaunchAsync(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(ServerProcess.Root, "tollgate"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
