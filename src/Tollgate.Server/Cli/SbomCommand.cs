using System.CommandLine;
using Tollgate.Server.Supply;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate sbom</c>: writes the components of this build. Needs neither a server nor the network.</summary>
internal static class SbomCommand
{
    private static readonly Option<FileInfo> Out = new("--out")
    {
        HelpName = "file", Description = "Write to this file instead of the terminal.",
    };

    public static Command Build()
    {
        var command = new Command(
            "sbom",
            "Writes the software bill of materials of this build: CycloneDX 1.6, JSON.\n\nExample:\n  tollgate sbom --out "
                + "tollgate.cdx.json")
            {
                Out,
            };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(Out) is not { } file)
            {
                await Console.Out.WriteAsync(Sbom.Write());
                return ExitCode.Done;
            }

            try
            {
                await File.WriteAllTextAsync(file.FullName, Sbom.Write(), cancel);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                throw new CliStopException(ExitCode.Refused, $"{file.FullName} cannot be written: {refused.Message}");
            }

            Console.WriteLine(
                $"{file.FullName}: {Sbom.Packages.Count} packages, {Sbom.Packages.Count(static package => package.IsDirect)} of them "
                    + "direct.");
            return ExitCode.Done;
        });
        return command;
    }
}
