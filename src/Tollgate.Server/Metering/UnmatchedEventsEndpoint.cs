using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Metering;

/// <summary><c>GET /v1/unmatched-events</c>: which types of events no meter takes.</summary>
internal static class UnmatchedEventsEndpoint
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var types = app.ServiceProvider.GetRequiredService<UnmatchedTypes>();
        app.MapGet("/v1/unmatched-events", (RequestDelegate)(context => ListAsync(context, types))).RequireKey(Access.Secret, Scope.UsageRead).Describe(new("Metering", "List event types that no meter takes",
            "Types of events that came in and that no meter of the catalogue reads, with how often and the name that is nearest to each: a misspelt type, or "
            + "a meter that is missing. Such events are recorded and count for nothing, or are refused where the catalogue says `unmatched_events: refuse`. A type "
            + $"that a meter reads by now is left out. At most {UnmatchedTypes.MostTypes} types of a project are counted.")
        {
            Query = [.. QueryParameter.OfPage],
            Answers =
            [
                Example.Of<UnmatchedEventList>(200, "A page, by type",
                    """
                    {"data": [{"type": "ats_scans", "count": 12, "first_seen_at": "2026-11-21T08:00:00Z", "last_seen_at": "2026-11-21T09:00:00Z",
                               "nearest": "ats_scan"}], "has_more": false}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed],
        });
    }

    /// <summary>A sentence with the nearest name, or nothing when none is near.</summary>
    public static string Hint(PublishedCatalog catalog, string type) => Nearest(catalog, type) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static async Task ListAsync(HttpContext context, UnmatchedTypes types)
    {
        var faults = new Faults();
        var paging = Paging.Read(context, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        await types.WriteAsync(context.RequestAborted);
        var (page, hasMore) = paging.Cut(await types.ListAsync(project, paging.Probe, paging.StartingAfter, context.RequestAborted));
        var views = page.Select(one => new UnmatchedEventView
        {
            Type = one.Type, Count = one.Count, FirstSeenAt = one.FirstSeenAt.ToOffset(), LastSeenAt = one.LastSeenAt.ToOffset(), Nearest = Nearest(project.Catalog, one.Type),
        });
        await Answer.Json(context, StatusCodes.Status200OK, new([.. views], hasMore), MeteringJson.Default.UnmatchedEventList);
    }

    /// <summary>Types are written with dots and hyphens too, codes of features with underscores.</summary>
    private static string? Nearest(PublishedCatalog catalog, string type)
    {
        var names = catalog.MetersByEventType.Keys.Concat(catalog.Features.Keys).Distinct().Order(StringComparer.Ordinal).ToArray();
        return Spelling.Nearest(type, names) ?? Spelling.Nearest(type.ToLowerInvariant().Replace('.', '_').Replace('-', '_').Replace(' ', '_'), names);
    }
}
