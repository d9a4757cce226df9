using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Tollgate.Testing;

/// <summary>
/// Waits for a condition that becomes true without the test. On a machine that is busy with other tests, only a condition that never
/// becomes true is a failure.
/// </summary>
public static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <param name="isSo">The condition, checked every 50 ms.</param>
    /// <param name="why">Returns the state at the end, for the message.</param>
    /// <param name="within">A time limit under test; <see cref="Patience"/> otherwise.</param>
    /// <exception cref="TimeoutException">The condition was never true in that time.</exception>
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
