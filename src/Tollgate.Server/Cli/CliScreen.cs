using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Tollgate.Server.Cli;

/// <summary>Where commands show a difference and ask before they change something.</summary>
internal static class CliScreen
{
    private static readonly TimeSpan SignOfLifeEvery = TimeSpan.FromSeconds(5);

    /// <summary>Colours for people; plain, unwrapped lines for files and pipes. NO_COLOR is honoured.</summary>
    public static IAnsiConsole Open()
    {
        var screen = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (Console.IsOutputRedirected)
        {
            screen.Profile.Width = 10_000;
        }

        return screen;
    }

    /// <summary>Waits, with a sign of life on stderr every five seconds.</summary>
    public static async Task<T> WaitAsync<T>(Task<T> work, string doing)
    {
        var started = Stopwatch.GetTimestamp();
        while (await Task.WhenAny(work, Task.Delay(SignOfLifeEvery)) != work)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"still {doing}, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s …"));
        }

        return await work;
    }

    /// <exception cref="CliStopException">Nobody is there to answer.</exception>
    public static bool Confirm(IAnsiConsole screen, string question)
    {
        if (Console.IsInputRedirected)
        {
            throw new CliStopException(ExitCode.Refused, "There is nobody to ask; add --yes to apply without asking.");
        }

        return screen.Confirm(question, defaultValue: false);
    }
}
