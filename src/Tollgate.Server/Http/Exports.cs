using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>
/// Limits exports: large files that the server reads from the database while the client reads the answer. A project may run a few at a
/// time, so that its exports exhaust neither the database nor the memory. Further ones get 429 with a short Retry-After.
/// </summary>
internal sealed class Exports(IOptions<HttpOptions> options)
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(5);

    /// <summary>The number of running exports by project.</summary>
    private readonly ConcurrentDictionary<int, int> _running = new();

    /// <summary>Wraps the endpoint, so that it occupies a place while it runs.</summary>
    public RequestDelegate Bounded(RequestDelegate export) => async context =>
    {
        var project = context.Project().Id;
        if (_running.AddOrUpdate(project, 1, static (_, running) => running + 1) > options.Value.ExportsPerProject)
        {
            Leave(project);
            await Problems.WriteAsync(
                context, ErrorCode.RateLimited,
                $"The project has {options.Value.ExportsPerProject} exports running (TOLLGATE_EXPORTS_PER_PROJECT); "
                    + "read or close one of them first.",
                retryAfter: ComeBack);
            return;
        }

        try
        {
            await export(context);
        }
        finally
        {
            Leave(project);
        }
    };

    private void Leave(int project) => _running.AddOrUpdate(project, 0, static (_, running) => running - 1);
}
