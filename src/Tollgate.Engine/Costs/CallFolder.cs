using Microsoft.Extensions.Logging;
using Tollgate.Engine.Clocks;

namespace Tollgate.Engine.Costs;

/// <summary>Keeps the cost rollups about a second behind the events. Every server runs it; one of them folds each call.</summary>
public sealed class CallFolder(FoldCalls fold, ILogger<CallFolder> log)
    : Loop(Interval, "Summing up costs failed, and Tollgate tries again", log)
{
    /// <summary>Rollups lag by this and the duration of a fold; Tollgate promises 5 seconds.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task LookAsync(CancellationToken cancel)
    {
        while (await fold.RunAsync(cancel) == FoldCalls.MostAtOnce)
        {
            // More calls may wait.
        }
    }
}
