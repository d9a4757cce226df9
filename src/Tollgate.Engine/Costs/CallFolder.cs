using Microsoft.Extensions.Logging;
using Tollgate.Engine.Clocks;

namespace Tollgate.Engine.Costs;

/// <summary>
/// Keeps the rollups of costs about a second behind the events. Every server does it; each call is folded by one of them.
/// </summary>
public sealed class CallFolder(FoldCalls fold, ILogger<CallFolder> log)
    : Loop(Interval, "Costs could not be summed up and are tried again", log)
{
    /// <summary>Rollups lag by this and the time of the folds; 5 seconds are promised.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task LookAsync(CancellationToken cancel)
    {
        while (await fold.RunAsync(cancel) == FoldCalls.MostAtOnce)
        {
            // There is more.
        }
    }
}
