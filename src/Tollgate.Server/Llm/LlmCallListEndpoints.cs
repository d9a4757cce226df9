using System.Buffers;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core.Llm;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Metering;

namespace Tollgate.Server.Llm;

/// <summary>The log of calls to models, newest first.</summary>
internal static class LlmCallListEndpoints
{
    private static readonly QueryParameter[] Filters =
        [.. EventListEndpoints.FilterParameters.Where(static parameter => parameter.Name != "type")];

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<EventQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/llm-calls", (RequestDelegate)(context => ListAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoadByCustomer().Describe(new("LLM", "List model calls",
            "Lists recorded calls with their usage and recorded cost, the newest first by occurred_at. "
            + "`starting_after` takes the id of the last call of the previous page.")
        {
            Query = [.. Filters, .. QueryParameter.OfPage],
            Answers =
            [
                Example.Of<LlmCallList>(200, "A page",
                    """
                    {"data": [{"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "user_42", "plan": "pro", "provider": "openai",
                               "model": "gpt-4o-mini-2024-07-18", "input_tokens": 93, "cached_input_tokens": 1024,
                                "output_tokens": 46, "requests": 1,
                               "cost_usd": "0.00011835", "priced": true, "estimated": false, "request_id": "req_1",
                                "latency_ms": 812, "status": 200,
                               "occurred_at": "2026-11-21T08:00:00Z", "recorded_at": "2026-11-21T08:00:00Z"}], "has_more": false}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.EventNotFound],
        });
        app.MapGet(
                "/v1/llm-calls.csv",
                app.ServiceProvider.GetRequiredService<Exports>().Bounded(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Own)
            .Describe(Description.OfFile(
                "LLM", "Export calls to models", "recorded calls", "the newest first", LlmCallCsv.Columns, Filters));
    }

    private static async Task ListAsync(HttpContext context, EventQueries queries, Clock clock)
    {
        var list = ListQuery.Read(context);
        if (await EventListEndpoints.RowsAsync(context, list, queries, clock, LlmCall.EventType) is { } rows)
        {
            await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.LlmCallList);
        }
    }

    private static async Task CsvAsync(HttpContext context, EventQueries queries, Clock clock)
    {
        if (await EventListEndpoints.FilterAsync(context, ListQuery.OfFile(context), clock, LlmCall.EventType) is { } filter)
        {
            await CsvExport.WriteAsync(
                context, "llm-calls", LlmCallCsv.Columns, queries.PagesAsync(context.Project(), filter, context.RequestAborted),
                static (csv, row) => LlmCallCsv.Line(csv, ViewOf(row)));
        }
    }

    private static LlmCallView ViewOf(EventRow row)
    {
        if (row.ComputedJson is not { } computed)
        {
            // An event sent to /v1/events with the type of calls, or a reversing event: the caller chose its properties.
            return Placed(new LlmCallView { Properties = row.PropertiesJson is { } json ? JsonElement.Parse(json) : null }, row);
        }

        var (ours, own) = Split(row.PropertiesJson!);
        var cost = RecordLlmCalls.Read(computed);
        var view = JsonSerializer.Deserialize(ours, WireJson.Default.LlmCallView)!;
        return Placed(view, row) with
        {
            Provider = cost.Provider ?? view.Provider, CostUsd = cost.Cost?.ToString(), Priced = cost.Cost is not null,
            ComputedCostUsd = cost.Computed?.ToString(), Properties = own, Plan = row.Plan,
        };
    }

    private static LlmCallView Placed(LlmCallView view, EventRow row) => view with
    {
        Id = row.Id, Customer = row.Customer, Member = row.Member, OccurredAt = row.OccurredAt.ToOffset(),
        RecordedAt = row.RecordedAt.ToOffset(),
        VoidedBy = row.VoidedBy, Voids = row.Voids, Source = EventListEndpoints.SourceOf(row),
    };

    /// <summary>The call as it was reported, and the caller's own properties.</summary>
    private static (byte[] Ours, JsonElement? Own) Split(string properties)
    {
        var (ours, own) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        var anyOwn = false;
        using (var document = JsonDocument.Parse(properties))
        using (var call = new Utf8JsonWriter(ours))
        using (var rest = new Utf8JsonWriter(own))
        {
            call.WriteStartObject();
            rest.WriteStartObject();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                var isOurs = CallWords.AreOurs(member.Name);
                member.WriteTo(isOurs ? call : rest);
                anyOwn |= !isOurs;
            }

            call.WriteEndObject();
            rest.WriteEndObject();
        }

        return (ours.WrittenSpan.ToArray(), anyOwn ? JsonElement.Parse(own.WrittenSpan) : null);
    }
}
