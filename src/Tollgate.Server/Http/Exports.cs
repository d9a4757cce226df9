using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>
/// Places for exports: large files that are read from the database while their client takes them. A project has a few, so that its
/// exports take neither the database nor the memory of others. Beyond them: 429, and soon a place is free again.
/// </summary>
internal sealed class Exports(IOptions<HttpOptions> options)
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(5);

    /// <summary>Of each project that has any.</summary>
    private readonly ConcurrentDictionary<int, int> _running = new();

    /// <summary>The endpoint, with a place for as long as it runs.</summary>
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
