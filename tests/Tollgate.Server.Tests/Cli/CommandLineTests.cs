using System.Diagnostics;
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
    [InlineData("nonsense", "\"nonsense\" is no command of \"tollgate\". Its commands: up, ")]
    [InlineData("up --nonsense", "\"--nonsense\" is no option of \"tollgate up\". \"tollgate up --help\" explains.")]
    [InlineData("up twice", "\"twice\" is no argument of \"tollgate up\".")]
    [InlineData("up --port", "--port")]
    [InlineData("up --port http", "--port (or TOLLGATE_PORT) is \"http\"")]
    [InlineData("keys", "\"tollgate keys\" needs a command. Its commands: create, list, revoke, rotate, rotate-master.")]
    [InlineData("keys revoke", "'id'")]
    public async Task A_wrong_command_line_ends_with_2_and_a_sentence(string line, string sentence)
    {
        var (code, text) = await ServerProcess.RunAsync(line.Split(' '));

        code.ShouldBe(2, text);
        text.ShouldContain(sentence);
        text.Trim().Split('\n').Length.ShouldBe(1, text);
        text.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_ends_with_3_and_an_unknown_one_too()
    {
        var port = TestServer.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (away, sentence) = await ServerProcess.RunAsync("projects", "list", "--url", $"http://127.0.0.1:{port}", "--key", "tg_ad_secret");
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
