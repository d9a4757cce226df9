using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Metering;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Llm;

/// <summary>Records reported calls to models that did not go through the gateway: one call, an array or a stream.</summary>
internal static class LlmCallsEndpoints
{
    private const string Tag = "LLM";

    /// <summary>Routing refuses other types with a 415.</summary>
    private static readonly string[] MediaTypes = ["application/json", "application/x-ndjson", "application/jsonl", "application/ndjson"];

    private const string Lines =
        """{"id": "c-1", "customer": "user_42", "model": "gpt-4o-mini", "input_tokens": 93}""" + "\n"
            + """{"id": "c-2", "customer": "user_43", "model": "gpt-4o-mini", "input_tokens": 12}""";

    public static void Map(IEndpointRouteBuilder app)
    {
        var record = app.ServiceProvider.GetRequiredService<RecordLlmCalls>();
        app.MapPost("/v1/llm-calls", context => RecordAsync(context, record)).RequireKey(Access.Secret, Scope.GateWrite)
            .WithOwnIdempotency().WithLoad(Load.Light).Describe(new(Tag, "Record model calls",
            "Records a call, or an array of at most 10,000 calls, with its exact cost by the price book at the call's own time. "
                + "The meters on "
            + "`llm_call` (calls, tokens, dollars) and the named feature move in one decision. Calls are facts: Tollgate records them "
            + "beyond a cap too. `attribute_to` names the purpose of the cost in reports (a feature or any other text) and uses nothing, "
            + "for a route "
            + "that has counted its use with `/v1/consume` or a reservation.\n\nTollgate records the counts of a provider's answer "
            + "(`raw_response`) as they are. If its stated total is not their "
            + "sum, `usage_difference` says so. Tollgate refuses only counts that are missing or impossible (negative, "
            + "absurdly large).\n\nIf a model has no price, or none for a part of its usage, Tollgate records an unknown cost (`cost_usd` "
            + "null, `priced` false), never "
            + "0, and lists the model in `/v1/unpriced-models`; meters that read `cost_usd` move by the known part of it. "
            + "A repeat of an `id` returns the first result, with the cost that was "
            + "recorded then. An array returns counts and `rejected`, as `/v1/events` does, and so does a stream of any length "
            + "(`application/x-ndjson` or `application/jsonl`, one call a line of at most 1 MiB).")
        {
            Request = Example.Of<LlmCallRequest>(
                """
                {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "user_42", "provider": "openai",
                 "model": "gpt-4o-mini-2024-07-18",
                 "input_tokens": 93, "cached_input_tokens": 1024, "output_tokens": 46, "request_id": "req_1",
                  "latency_ms": 812, "status": 200}
                """),
            OrArray = true,
            AnswerToMany = typeof(LlmCallsRecorded),
            AlsoWritten = [
                Example.OfText("application/x-ndjson", Lines), Example.OfText("application/jsonl", Lines),
                Example.OfText("application/ndjson", Lines)],
            Answers =
            [
                Example.Of<LlmCallRecorded>(200, "Recorded",
                    """
                    {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "replayed": false, "provider": "openai",
                     "model": "gpt-4o-mini-2024-07-18",
                     "cost_usd": "0.00011835", "priced": true,
                     "balances": {"llm_cost": {"limit": 25, "used": 0.00011835, "held": 0, "remaining": 24.99988165, "unlimited": false,
                                               "resets_at": "2026-12-01T00:00:00Z"}}}
                    """),
            ],
            Errors = [
                ErrorCode.IdempotencyKeyReused, ErrorCode.EventTooOld, ErrorCode.EventInFuture, ErrorCode.ValidationFailed,
                ErrorCode.Overloaded],
        }).WithMetadata(new AcceptsMetadata(MediaTypes, typeof(LlmCallRequest)));
    }

    private static async Task RecordAsync(HttpContext context, RecordLlmCalls record)
    {
        if (Body.MediaTypeOf(context.Request) is "application/x-ndjson" or "application/jsonl" or "application/ndjson")
        {
            Body.AllowAnyLength(context);
            await RecordStreamAsync(context, record);
        }
        else if (await IsArrayAsync(context))
        {
            if (await Body.ReadAsync(context, WireJson.Elements, limit: CallStream.BodyBytes) is { } many)
            {
                await RecordManyAsync(context, record, many);
            }
        }
        else if (await Body.ReadAsync(context, WireJson.Default.LlmCallRequest) is { } one)
        {
            await RecordOneAsync(context, record, one);
        }
    }

    /// <summary>Examines the first byte that is not white space, and leaves the body unread.</summary>
    internal static async ValueTask<bool> IsArrayAsync(HttpContext context)
    {
        var (pipe, searched) = (context.Request.BodyReader, 0L);
        while (true)
        {
            var read = await pipe.ReadAsync(context.RequestAborted);
            var first = FirstOf(read.Buffer.Slice(searched));
            searched = read.Buffer.Length;
            pipe.AdvanceTo(read.Buffer.Start, first is null && !read.IsCompleted ? read.Buffer.End : read.Buffer.Start);
            if (first is not null || read.IsCompleted || read.Buffer.Length > WireLimits.BodyBytes)
            {
                return first == (byte)'[';
            }
        }
    }

    private static byte? FirstOf(ReadOnlySequence<byte> bytes)
    {
        foreach (var piece in bytes)
        {
            var text = piece.Span.TrimStart(" \t\r\n"u8);
            if (!text.IsEmpty)
            {
                return text[0];
            }
        }

        return null;
    }

    private static async Task RecordOneAsync(HttpContext context, RecordLlmCalls record, LlmCallRequest body)
    {
        var faults = new Faults();
        faults.Id(body.Id, "id", required: false);
        var id = Idempotency.IdFor(context, body.Id, faults) ?? NewId();
        var project = context.Project();
        if (CallReading.Read(body, id, project, faults) is not { } call)
        {
            await faults.WriteAsync(context);
            return;
        }

        var recorded = (await record.RunAsync(project, [call], context.RequestAborted))[0];
        if (OutcomeMap.Code(recorded.Answer.Fault) is { } fault)
        {
            await Problems.WriteAsync(context, fault);
            return;
        }

        var view = new LlmCallRecorded
        {
            Id = id, Replayed = recorded.Answer.Replayed, Provider = recorded.Cost.Provider, Model = call.Model,
            CostUsd = recorded.Cost.Cost?.ToString(), Priced = recorded.Cost.Cost is not null,
            ComputedCostUsd = recorded.Cost.Computed?.ToString(), UsageDifference = call.UsageDifference,
            Balances = BalancesOf(project, recorded.Answer),
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.LlmCallRecorded);
    }

    private static async Task RecordManyAsync(HttpContext context, RecordLlmCalls record, IReadOnlyList<JsonElement> items)
    {
        if (await PrefixAsync(context) is not { } prefix)
        {
            return;
        }

        if (items.Count > CallStream.ArrayItems)
        {
            await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge,
                $"At most {CallStream.ArrayItems} calls are accepted at once; a stream of lines (application/x-ndjson) may have any "
                    + "length.");
            return;
        }

        var stream = new CallStream(context.Project(), record, prefix, CallStream.ArrayItems);
        for (var index = 0; index < items.Count && stream.Tally.Batch.Broken is null; index++)
        {
            if (stream.Read(index, items[index]) is { } call)
            {
                await stream.AddAsync(index, call);
            }
        }

        await stream.FinishAsync();
        await AnswerAsync(context, stream.Tally);
    }

    private static async Task RecordStreamAsync(HttpContext context, RecordLlmCalls record)
    {
        if (await PrefixAsync(context) is { } prefix)
        {
            var stream = new CallStream(context.Project(), record, prefix, EventLimits.ListedOfStream);
            await stream.ReadLinesAsync(context.Request.BodyReader, context.RequestAborted);
            await AnswerAsync(context, stream.Tally);
        }
    }

    private static Task AnswerAsync(HttpContext context, CallTally tally) => tally.Batch.Broken is { } broken
        ? Problems.WriteAsync(context, tally.Batch.BrokenOff(broken))
        : Answer.Json(context, StatusCodes.Status200OK, tally.View(), WireJson.Default.LlmCallsRecorded);

    /// <summary>The prefix for ids of calls without an id; empty: none. Null: the header is faulty, and the problem is written.</summary>
    private static async ValueTask<string?> PrefixAsync(HttpContext context)
    {
        var faults = new Faults();
        var prefix = Idempotency.IdFor(context, null, faults);
        if (prefix?.Length > WireLimits.IdCharacters - 20)
        {
            faults.Add(Idempotency.Header, FaultCode.TooLong, $"At most {WireLimits.IdCharacters - 20} characters are accepted here.");
        }

        if (!faults.Any)
        {
            return prefix ?? "";
        }

        await faults.WriteAsync(context);
        return null;
    }

    internal static string NewId() => Guid.CreateVersion7().ToString("D");

    private static Dictionary<string, LlmBalance> BalancesOf(ProjectSnapshot project, GateAnswer answer) =>
        (answer.Decision?.Standings ?? []).ToDictionary(
            standing => project.Catalog.FeatureOf(standing.FeatureKey).Code,
            standing => new LlmBalance
            {
                Limit = standing.Limit?.Value, Used = standing.Used.Value, Held = standing.Held.Value,
                Remaining = standing.Remaining?.Value,
                Unlimited = standing.Limit is null, ResetsAt = standing.ResetsAt?.ToOffset(),
            });
}
