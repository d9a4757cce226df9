using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Metering;

/// <summary>Raw facts, newest first, as pages and as CSV.</summary>
internal static class EventListEndpoints
{
    private const string Tag = "Metering";

    /// <summary>The characters of CSV that the server buffers before it sends them.</summary>
    private static readonly string[] Columns =
    [
        "id", "customer", "type", "feature", "quantity", "occurred_at", "recorded_at", "voided_by", "voids", "properties", "member", "source",
    ];

    private static readonly TimeSpan DefaultWindow = TimeSpan.FromHours(24);

    internal static readonly QueryParameter[] FilterParameters =
    [
        new("customer", "Only events of this customer. Without a customer, from and to are at most 31 days apart."),
        new("member", "Only events of this member. Without `customer`: in the customer that it belongs to now."),
        new("type", "Only events of this type."),
        new("feature", "Only events that counted for this feature."),
        new("from",
            "occurred_at at this time or later; ISO 8601. Default: with a customer, the first event; otherwise, 24 hours before to."),
        new("to", "occurred_at before this time; ISO 8601. Default: now, future events included."),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<EventQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        var exports = app.ServiceProvider.GetRequiredService<Exports>();
        app.MapGet("/v1/events", (RequestDelegate)(context => ListAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoadByCustomer().Describe(new(Tag, "List events",
            "Lists recorded events with their properties, the newest first by occurred_at, reversing events (with a negative quantity) "
                + "included. "
            + "`starting_after` takes the id of the last event of the previous page; pages stay stable while events arrive. "
            + "An event that was sent with a customer token has a `source` and a `key`: use the key instead of the id, "
            + "since your server may have used the same id.")
        {
            Query = [.. FilterParameters, .. QueryParameter.OfPage],
            Answers =
            [
                Example.Of<EventList>(200, "A page",
                    """
                    {"data": [{"id": "e-4", "customer": "user_42", "member": null, "type": "ats_scan", "feature": "ats_scan", "quantity": 1,
                               "occurred_at": "2026-11-21T08:00:00Z", "recorded_at": "2026-11-21T08:00:00Z",
                               "properties": {"source": "import"}, "voided_by": null, "voids": null, "source": null, "key": null}],
                                "has_more": false}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.EventNotFound],
        });
        app.MapGet("/v1/events.csv", exports.Bounded(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Own).Describe(new(Tag, "Export events",
            "Returns all events that match the filter as CSV (RFC 4180), the newest first. Texts that a spreadsheet would run as a formula "
                + "begin with an apostrophe.")
        {
            Query = FilterParameters,
            Answers =
            [
                Example.OfText(200, "The file", "text/csv",
                    "id,customer,type,feature,quantity,occurred_at,recorded_at,voided_by,voids,properties,member\r\n"
                    + "e-4,user_42,ats_scan,ats_scan,1,2026-11-21T08:00:00Z,2026-11-21T08:00:00Z,,,,\r\n"),
            ],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.RateLimited],
        });
    }

    private static async Task ListAsync(HttpContext context, EventQueries queries, Clock clock)
    {
        var list = ListQuery.Read(context);
        if (await RowsAsync(context, list, queries, clock) is { } rows)
        {
            await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.EventList);
        }
    }

    /// <summary>The rows of the page that the request asks for; null: the problem is written.</summary>
    /// <param name="type">Only events of this type, regardless of the query.</param>
    internal static async Task<IReadOnlyList<EventRow>?> RowsAsync(
        HttpContext context, ListQuery list, EventQueries queries, Clock clock, string? type = null)
    {
        if (await FilterAsync(context, list, clock, type) is not { } filter)
        {
            return null;
        }

        var project = context.Project();
        if (list.StartingAfter is { } after)
        {
            var position = EventPosition.TryParse(after, out var given)
                ? given
                : await queries.PositionOfAsync(project, filter, after, clock.Now(), context.RequestAborted);
            if (position is null)
            {
                await Problems.WriteAsync(
                    context, ErrorCode.EventNotFound,
                    "starting_after names no event. If the event has a key, use the key instead of the id.", "starting_after");
                return null;
            }

            filter = filter with { After = position };
        }

        return await queries.ListAsync(project, filter, list.Probe, context.RequestAborted);
    }

    private static async Task CsvAsync(HttpContext context, EventQueries queries, Clock clock)
    {
        if (await FilterAsync(context, ListQuery.OfFile(context), clock) is { } filter)
        {
            await CsvExport.WriteAsync(
                context, "events", Columns, queries.PagesAsync(context.Project(), filter, context.RequestAborted),
                static (csv, row) =>
                    csv.Cell(row.Id).Next().Cell(row.Customer).Next().Cell(row.Type).Next().Cell(row.Feature).Next().Plain(row.Quantity)
                        .Next().Plain(row.OccurredAt).Next().Plain(row.RecordedAt).Next().Cell(row.VoidedBy).Next().Cell(row.Voids)
                        .Next().Cell(row.PropertiesJson).Next().Cell(row.Member).Next()
                        .Cell(SourceOf(row)).End());
        }
    }

    /// <summary>The filter of the query; null: the problem is written.</summary>
    /// <param name="type">Only events of this type, regardless of the query.</param>
    internal static async ValueTask<EventFilter?> FilterAsync(HttpContext context, ListQuery list, Clock clock, string? type = null)
    {
        var (customer, member) = (list.Id("customer"), list.Id("member"));
        if (customer is null && member is not null && !list.Faults.Any)
        {
            customer = await context.RequestServices.GetRequiredService<MemberQueries>()
                .OwnerOfAsync(context.Project(), member, context.RequestAborted);
        }

        var filter = FilterOf(context, list, customer, clock.Now(context.Project())) with { Member = member };
        return await list.IsRefusedAsync() ? null : filter with { Type = type ?? filter.Type };
    }

    private static EventFilter FilterOf(HttpContext context, ListQuery list, string? customer, Instant now)
    {
        var (type, faults) = (list.Text("type", WireLimits.IdCharacters), list.Faults);
        string? feature = context.Request.Query["feature"];
        if (feature is not null && context.Project().Catalog.FeaturesByKey.Values.All(one => one.Code != feature))
        {
            faults.Add("feature", FaultCode.InvalidValue, UnknownNames.Feature(context.Project().Catalog, feature));
        }

        var to = list.Moment("to") ?? now.Plus(EventQueries.LongestWindow);
        var from = list.Moment("from") ?? (customer is null ? Earlier(to, now).Minus(DefaultWindow) : Instant.Epoch);
        if (to <= from)
        {
            faults.Add("to", FaultCode.OutOfRange, "to must be later than from.");
        }
        else if (customer is null && Earlier(to, now) - from > EventQueries.LongestWindow)
        {
            faults.Add(
                "from", FaultCode.OutOfRange, $"Without a customer, from and to are at most {EventQueries.LongestWindow.Days} days apart.");
        }

        return new(customer, type, feature, from, to, null);
    }

    private static Instant Earlier(Instant a, Instant b) => a < b ? a : b;

    private static EventView ViewOf(EventRow row) => new()
    {
        Id = row.Id, Customer = row.Customer, Member = row.Member, Type = row.Type, Feature = row.Feature, Quantity = row.Quantity.Value,
        OccurredAt = row.OccurredAt.ToOffset(), RecordedAt = row.RecordedAt.ToOffset(),
        Properties = row.PropertiesJson is { } json ? JsonElement.Parse(json) : null, Voids = row.Voids,
        Origin = row.OriginJson is { } origin ? JsonSerializer.Deserialize(origin, WireJson.Default.EventOrigin) : null,
        VoidedBy = row.VoidedBy, Source = SourceOf(row), Key = row.Key,
    };

    internal static string? SourceOf(EventRow row) => row.IsImported ? "import" : row.Key is null ? null : "customer_token";
}
