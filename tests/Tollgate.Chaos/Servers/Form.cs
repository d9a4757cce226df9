using System.Globalization;
using System.Runtime.CompilerServices;

namespace Tollgate.Chaos.Servers;

/// <summary>
/// The duration and the seed of a test. The short form is part of the suite; <c>TOLLGATE_CHAOS_SECONDS</c> gives every test that many
/// seconds instead, and <c>TOLLGATE_CHAOS_SEED</c> replays one seed, or begins with it if both are set.
/// </summary>
public sealed record Form(int FirstSeed, int Rounds, TimeSpan? Long)
{
    public bool IsLong => Long is not null;

    /// <summary>The form of the calling test; prints the command that replays it.</summary>
    /// <param name="rounds">Rounds of the short form.</param>
    /// <param name="seed">Seed of the short form's first round: fixed, so that the suite gives the same result every day.</param>
    public static Form Of(int rounds, int seed = 1, [CallerMemberName] string test = "")
    {
        var replay = Number("TOLLGATE_CHAOS_SEED");
        var seconds = Number("TOLLGATE_CHAOS_SECONDS");
        var form = (replay, seconds) switch
        {
            ({ } one, { } length) => new Form(one, int.MaxValue, TimeSpan.FromSeconds(length)),
            ({ } one, null) => new Form(one, 1, null),
            (null, { } length) => new Form(Random.Shared.Next(1_000, 1_000_000_000), int.MaxValue, TimeSpan.FromSeconds(length)),
            _ => new Form(seed, rounds, null),
        };
        Say($"{test}: first seed {form.FirstSeed}, {(form.IsLong ? $"{seconds} seconds" : $"{form.Rounds} round(s)")}");
        return form;
    }

    /// <summary>The seeds to run, until the rounds or the seconds are over. A failing round names its seed first.</summary>
    public async Task EachAsync(Func<int, Task> round, [CallerMemberName] string test = "")
    {
        var until = Long is { } length ? DateTime.UtcNow + length : DateTime.MaxValue;
        for (var at = 0; at < Rounds && DateTime.UtcNow < until; at++)
        {
            var seed = unchecked(FirstSeed + at);
            try
            {
                await round(seed);
            }
            catch (Exception)
            {
                Say(
                    $"FAILED with seed {seed}. Replay: TOLLGATE_CHAOS_SEED={seed} dotnet test tests/Tollgate.Chaos -c Release --filter "
                        + $"{test}");
                throw;
            }
        }
    }

    /// <summary>The random generator of one caller in a round. Seeds of the long form are so large that the product wraps around.</summary>
    public static Random ChanceOf(int seed, int caller) => new(unchecked((seed * 10_000) + caller));

    public static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        TestContext.Current.SendDiagnosticMessage(line);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
