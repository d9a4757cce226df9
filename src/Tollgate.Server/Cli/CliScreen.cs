using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Tollgate.Server.Cli;

/// <summary>The screen on which commands show differences, progress and questions.</summary>
internal static class CliScreen
{
    private static readonly TimeSpan SignOfLifeEvery = TimeSpan.FromSeconds(5);

    /// <summary>
    /// True: draws progress bars, for a terminal. If the output or the errors go to a file, commands write lines instead.
    /// </summary>
    private static bool HasBars => !Console.IsOutputRedirected && !Console.IsErrorRedirected;

    /// <summary>
    /// Opens a console with colours for terminals, and with plain, unwrapped lines for files and pipes. It respects NO_COLOR.
    /// </summary>
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

    /// <summary>
    /// Shows work without parts: an indeterminate bar on a terminal; for files and pipes a line every five seconds. Both on stderr.
    /// </summary>
    public static async Task<T> WaitAsync<T>(Task<T> work, string doing)
    {
        if (HasBars)
        {
            return await Errors().Progress().AutoClear(true).HideCompleted(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new ElapsedTimeColumn()).StartAsync(async progress =>
            {
                progress.AddTask(Markup.Escape(doing)).IsIndeterminate = true;
                return await work;
            });
        }

        var started = Stopwatch.GetTimestamp();
        while (await Task.WhenAny(work, Task.Delay(SignOfLifeEvery)) != work)
        {
            await Console.Error.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"still {doing}, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s …"));
        }

        return await work;
    }

    /// <summary>Shows work in parts: a bar on a terminal; for files and pipes a line for each part. Both on stderr.</summary>
    /// <param name="first">The text next to the bar before the first part is done.</param>
    /// <param name="work">Reports its progress after each part except the last.</param>
    public static async Task<T> WithBarAsync<T>(string first, Func<Action<BarPart>, Task<T>> work)
    {
        if (!HasBars)
        {
            return await work(static part => Console.Error.WriteLine($"{part.Text} …"));
        }

        return await Errors().Progress().AutoClear(true).HideCompleted(true).StartAsync(async progress =>
        {
            var bar = progress.AddTask(Markup.Escape(first));
            bar.IsIndeterminate = true;
            return await work(part =>
            {
                bar.IsIndeterminate = part.All == 0;
                (bar.Description, bar.MaxValue, bar.Value) = (Markup.Escape(part.Text), part.All == 0 ? 1 : part.All, part.Done);
            });
        });
    }

    /// <summary>
    /// Shows work in consecutive steps: one bar, which restarts with each step; for files and pipes a line for each step.
    /// </summary>
    /// <param name="work">Reports its current step, and the finished share of it, 0 to 1.</param>
    public static Task<T> WithStepsAsync<T>(Func<Action<string, decimal>, Task<T>> work) => WithBarAsync("starting", progress =>
    {
        var last = "";
        return work((doing, part) =>
        {
            if (doing != last || HasBars)
            {
                last = doing;
                progress(new(doing, (double)part, 1));
            }
        });
    });

    private static IAnsiConsole Errors() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>True if the operator wants JSON, for a command that asks before it changes something.</summary>
    /// <exception cref="CliStopException">JSON without <c>--yes</c>: the question would appear in the middle of the JSON.</exception>
    public static bool IsJson(ParseResult parsed, Option<bool> json, Option<bool> yes) => !parsed.GetValue(json) || parsed.GetValue(yes)
        ? parsed.GetValue(json)
        : throw new CliStopException(ExitCode.Usage, "--json needs --yes: the command cannot ask in the middle of JSON.");

    /// <exception cref="CliStopException">There is no terminal to answer.</exception>
    public static bool Confirm(IAnsiConsole screen, string question)
    {
        if (Console.IsInputRedirected)
        {
            throw new CliStopException(
                ExitCode.Refused, "The command cannot ask, because the input is not a terminal. Add --yes to apply without a question.");
        }

        return screen.Confirm(question, defaultValue: false);
    }
}

/// <summary>The progress of work in parts.</summary>
/// <param name="All">The total; 0: unknown.</param>
internal readonly record struct BarPart(string Text, double Done, double All);
