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
    [InlineData("nonsense")]
    [InlineData("up --nonsense")]
    [InlineData("up --port http")]
    public async Task A_wrong_command_line_ends_with_2(string line)
    {
        var (code, text) = await ServerProcess.RunAsync(line.Split(' '));

        code.ShouldBe(2, text);
        text.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("--help", 0, "./tollgate up")]
    [InlineData("test --help", 0, "N passed, N failed, N skipped")]
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
