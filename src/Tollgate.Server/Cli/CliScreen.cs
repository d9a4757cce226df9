using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Tollgate.Server.Cli;

/// <summary>Where commands show a difference and ask before they change something.</summary>
internal static class CliScreen
{
    private static readonly TimeSpan SignOfLifeEvery = TimeSpan.FromSeconds(5);

    /// <summary>Bars are drawn for a person who looks on: with the output or the errors in a file, lines are written instead.</summary>
    private static bool HasBars => !Console.IsOutputRedirected && !Console.IsErrorRedirected;

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

    /// <summary>
    /// Work of one piece: a bar without an end for people; for files and pipes a line every five seconds. Both on stderr.
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

    /// <summary>Work in parts: a bar for people; for files and pipes a line for each part. Both on stderr.</summary>
    /// <param name="first">What stands beside the bar before the first part is done.</param>
    /// <param name="work">Says after each part, except the last, how far it has come.</param>
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
    /// Work in steps that follow each other: one bar, which begins anew with each; for files and pipes a line for each step.
    /// </summary>
    /// <param name="work">Says what it does, and how much of that is done, of 1.</param>
    public static Task<T> WithStepsAsync<T>(Func<Action<string, decimal>, Task<T>> work) => WithBarAsync("starting", tell =>
    {
        var last = "";
        return work((doing, part) =>
        {
            if (doing != last || HasBars)
            {
                last = doing;
                tell(new(doing, (double)part, 1));
            }
        });
    });

    private static IAnsiConsole Errors() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Whether JSON is wanted, of a command that asks before it changes something.</summary>
    /// <exception cref="CliStopException">It would ask in the middle of the JSON.</exception>
    public static bool IsJson(ParseResult parsed, Option<bool> json, Option<bool> yes) => !parsed.GetValue(json) || parsed.GetValue(yes)
        ? parsed.GetValue(json)
        : throw new CliStopException(ExitCode.Usage, "--json needs --yes: the command cannot ask in the middle of JSON.");

    /// <exception cref="CliStopException">Nobody is there to answer.</exception>
    public static bool Confirm(IAnsiConsole screen, string question)
    {
        if (Console.IsInputRedirected)
        {
            throw new CliStopException(
                ExitCode.Refused, "The command cannot ask, since the input is no terminal. Add --yes to apply without a question.");
        }

        return screen.Confirm(question, defaultValue: false);
    }
}

/// <summary>How far a work in parts has come.</summary>
/// <param name="All">0: nobody knows.</param>
internal readonly record struct BarPart(string Text, double Done, double All);
