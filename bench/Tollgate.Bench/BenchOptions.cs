using System.Globalization;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench;

/// <summary>The command line names something that does not exist: printed with the help.</summary>
internal sealed class WrongArgument(string message) : Exception(message);

/// <summary>The options of the command line.</summary>
internal sealed record BenchOptions
{
    public const string Help = """
        usage: ./tollgate bench [S1 S4 …] [--quick] [options]

        Measures this machine's Tollgate side by side with what it is compared to, in one run, and prints ratios.
        Without names: S1–S10, S12–S14 and S16. Takes about 25 minutes, with --quick about 8.

          --quick             2 alternations of 3 s instead of 5 of 5 s; 1 M events of history instead of 10 M
          --rounds N          alternations A B A B … of a pair (default 5)
          --seconds N         length of one run (default 5)
          --server PATH       the server to measure (default: src/Tollgate.Server, Release)
          --results FOLDER    where the Markdown and JSON files go (default: bench/results; "none" writes no files)
          --list              what the scenarios are
          --help              this

        It needs wrk, redis-server, redis-benchmark and pgbench, and installs them with apt when it may.
        Exit code: 0 measured and correct · 1 a wrong answer, or something that kept it from measuring · 2 a wrong argument.
        A missed goal is not an error: the table says so.
        """;

    public IReadOnlyList<string> Scenarios { get; init; } = [];

    public bool Quick { get; init; }

    public int Rounds { get; init; } = 5;

    public int RoundSeconds { get; init; } = 5;

    /// <summary>Events that S7 loads.</summary>
    public int HistoryEvents => Quick ? 1_000_000 : 10_000_000;

    /// <summary>Customers that S12 makes.</summary>
    public const int ManyCustomers = 1_000_000;

    public int WarmUpSeconds => Quick ? 3 : 5;

    public string? Server { get; init; }

    public string? Results { get; init; }

    public bool ShowHelp { get; init; }

    public bool ShowList { get; init; }

    public static BenchOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchOptions();
        if (arguments.Contains("--quick"))
        {
            options = options with { Quick = true, Rounds = 2, RoundSeconds = 3 };
        }

        for (var at = 0; at < arguments.Count; at++)
        {
            string Next() => ++at < arguments.Count ? arguments[at] : throw new WrongArgument($"{arguments[at - 1]} needs a value");
            options = arguments[at] switch
            {
                "--quick" => options,
                "--rounds" => options with { Rounds = Whole(Next(), 1, 50) },
                "--seconds" => options with { RoundSeconds = Whole(Next(), 1, 600) },
                "--server" => options with { Server = Path.GetFullPath(Next()) },
                "--results" => options with { Results = Next() },
                "--list" => options with { ShowList = true },
                "--help" or "-h" => options with { ShowHelp = true },
                ['S' or 's', .. var number] when int.TryParse(number, out _) =>
                    options with { Scenarios = [.. options.Scenarios, "S" + number] },
                var other => throw new WrongArgument($"\"{other}\" is neither a scenario nor an option"),
            };
        }

        return options;
    }

    private static int Whole(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new WrongArgument($"\"{text}\" is not a number between {least} and {most}");
}
