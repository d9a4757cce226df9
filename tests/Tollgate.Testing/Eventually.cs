using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Tollgate.Testing;

/// <summary>
/// Waits for what comes about by itself. How long that takes says nothing on a machine that is busy with other tests; that it never comes
/// does.
/// </summary>
public static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <param name="isSo">Asked every 50 ms.</param>
    /// <param name="why">What is seen instead, for the message; asked for at the end.</param>
    /// <param name="within">A promise that is tested; <see cref="Patience"/> otherwise.</param>
    /// <exception cref="TimeoutException">It was not so for all that time.</exception>
    public static async Task UntilAsync(
        Func<Task<bool>> isSo, Func<string>? why = null, TimeSpan? within = null, [CallerArgumentExpression(nameof(isSo))] string what = "")
    {
        var limit = within ?? Patience;
        for (var started = Stopwatch.GetTimestamp(); !await isSo();)
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new TimeoutException($"It did not become so in {limit.TotalSeconds} seconds: {why?.Invoke() ?? what}");
            }

            await Task.Delay(50);
        }
    }

    public static Task UntilAsync(Func<bool> isSo, TimeSpan? within = null, [CallerArgumentExpression(nameof(isSo))] string what = "") =>
        UntilAsync(() => Task.FromResult(isSo()), null, within, what);
}
