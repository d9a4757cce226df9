using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Metering;

/// <summary><c>GET /v1/unmatched-events</c>: the types of events that no meter reads.</summary>
internal static class UnmatchedEventsEndpoint
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var types = app.ServiceProvider.GetRequiredService<UnmatchedTypes>();
        app.MapGet("/v1/unmatched-events", (RequestDelegate)(context => ListAsync(context, types)))
            .RequireKey(Access.Secret, Scope.UsageRead).Describe(new("Metering", "List event types that no meter reads",
            "Lists the types of events that no meter of the catalogue reads, each with its count and the nearest known name. "
            + "The type is misspelt, or a meter is missing. Tollgate records such events and counts them for nothing, or rejects them if "
            + "the catalogue says `unmatched_events: refuse`. The list omits types that a meter reads now. "
            + $"Tollgate counts at most {UnmatchedTypes.MostTypes} types of a project.")
        {
            Query = [.. QueryParameter.OfPage],
            Answers =
            [
                Example.Of<UnmatchedEventList>(200, "A page, by type",
                    """
                    {"data": [{"type": "ats_scans", "count": 12, "first_seen_at": "2026-11-21T08:00:00Z",
                     "last_seen_at": "2026-11-21T09:00:00Z",
                               "nearest": "ats_scan"}], "has_more": false}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed],
        });
    }

    /// <summary>
    /// Returns a sentence with the nearest name that the caller may read; empty: none is near. The pricing page shows features, but not
    /// types of events.
    /// </summary>
    public static string Hint(Caller caller, string type) =>
        Spelling.DidYouMean(
            type, Names(caller.Project!.Catalog, seesTypes: (caller.Scopes & (Scope.CatalogRead | Scope.UsageRead)) != Scope.None));

    private static async Task ListAsync(HttpContext context, UnmatchedTypes types)
    {
        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var project = context.Project();
        await types.WriteAsync(context.RequestAborted);
        var rows = await types.ListAsync(project, list.Probe, list.StartingAfter, context.RequestAborted);
        var names = Names(project.Catalog, seesTypes: true).ToArray();
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.UnmatchedEventList);

        UnmatchedEventView ViewOf(UnmatchedType one) => new()
        {
            Type = one.Type, Count = one.Count, FirstSeenAt = one.FirstSeenAt.ToOffset(), LastSeenAt = one.LastSeenAt.ToOffset(),
            Nearest = Spelling.Nearest(one.Type, names),
        };
    }

    private static IEnumerable<string> Names(PublishedCatalog catalog, bool seesTypes) =>
        catalog.Features.Keys.Concat(seesTypes ? catalog.MetersByEventType.Keys : []).Distinct().Order(StringComparer.Ordinal);
}
