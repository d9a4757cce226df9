using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Llm;

/// <summary>Where calls to models are reported that were not made through the gateway: one, or an array.</summary>
internal static class LlmCallsEndpoints
{
    private const string Tag = "LLM";

    /// <summary>Calls of an array.</summary>
    private const int ArrayItems = 10_000;

    /// <summary>Bytes: ten thousand calls of 1.6 kB.</summary>
    private const int BodyBytes = 16 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder app)
    {
        var record = app.ServiceProvider.GetRequiredService<RecordLlmCalls>();
        app.MapPost("/v1/llm-calls", context => RecordAsync(context, record)).RequireKey(Access.Secret, Scope.GateWrite).WithOwnIdempotency().Describe(new(Tag, "Record calls to models",
            "Records a call, or an array of at most 10,000, with its exact cost by the price book at the call's own time. What the meters on "
            + "`llm_call` count (calls, tokens, dollars) and the named feature move in one decision. Calls are facts: they are recorded also "
            + "beyond a cap.\n\nA model without a price is recorded with an unknown cost (`cost_usd` null, `priced` false), never with 0, and "
            + "is listed in `/v1/unpriced-models`; meters that read `cost_usd` do not move. Repeating an `id` replays, with the cost that was "
            + "recorded then. An array answers with counts and `rejected`, as `/v1/events` does.")
        {
            Request = Example.Of<LlmCallRequest>(
                """
                {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "user_42", "provider": "openai", "model": "gpt-4o-mini-2024-07-18",
                 "input_tokens": 93, "cached_input_tokens": 1024, "output_tokens": 46, "request_id": "req_1", "latency_ms": 812, "status": 200}
                """),
            Answers =
            [
                Example.Of<LlmCallRecorded>(200, "Recorded",
                    """
                    {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "replayed": false, "provider": "openai", "model": "gpt-4o-mini-2024-07-18",
                     "cost_usd": "0.00011835", "priced": true,
                     "balances": {"llm_cost": {"limit": 25, "used": 0.00011835, "held": 0, "remaining": 24.99988165, "unlimited": false,
                                               "resets_at": "2026-12-01T00:00:00Z"}}}
                    """),
            ],
            Errors = [ErrorCode.IdempotencyKeyReused, ErrorCode.EventTooOld, ErrorCode.EventInFuture, ErrorCode.ValidationFailed, ErrorCode.Overloaded],
        });
    }

    private static async Task RecordAsync(HttpContext context, RecordLlmCalls record)
    {
        if (await IsArrayAsync(context))
        {
            if (await Body.ReadAsync(context, LlmJson.Default.IReadOnlyListJsonElement, limit: BodyBytes) is { } many)
            {
                await RecordManyAsync(context, record, many);
            }
        }
        else if (await Body.ReadAsync(context, LlmJson.Default.LlmCallRequest) is { } one)
        {
            await RecordOneAsync(context, record, one);
        }
    }

    /// <summary>Looks at the first byte that is no space, and leaves the body as it was.</summary>
    private static async ValueTask<bool> IsArrayAsync(HttpContext context)
    {
        var pipe = context.Request.BodyReader;
        while (true)
        {
            var read = await pipe.ReadAsync(context.RequestAborted);
            var first = FirstOf(read);
            pipe.AdvanceTo(read.Buffer.Start, first is null && !read.IsCompleted ? read.Buffer.End : read.Buffer.Start);
            if (first is not null || read.IsCompleted || read.Buffer.Length > WireLimits.BodyBytes)
            {
                return first == (byte)'[';
            }
        }
    }

    private static byte? FirstOf(ReadResult read)
    {
        foreach (var piece in read.Buffer)
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
            Balances = BalancesOf(project, recorded.Answer),
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, LlmJson.Default.LlmCallRecorded);
    }

    private static async Task RecordManyAsync(HttpContext context, RecordLlmCalls record, IReadOnlyList<JsonElement> items)
    {
        var faults = new Faults();
        var prefix = Idempotency.IdFor(context, null, faults);
        if (prefix?.Length > WireLimits.IdCharacters - 20)
        {
            faults.Add(Idempotency.Header, FaultCode.TooLong, $"At most {WireLimits.IdCharacters - 20} characters are accepted here.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        if (items.Count > ArrayItems)
        {
            await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge, $"At most {ArrayItems} calls are accepted at once.");
            return;
        }

        var project = context.Project();
        var tally = new CallTally();
        var (calls, indexes) = (new List<LlmCall>(), new List<int>());
        for (var index = 0; index < items.Count; index++)
        {
            var fallback = prefix is null ? NewId() : string.Create(CultureInfo.InvariantCulture, $"{prefix}:{index}");
            if (ReadItem(items[index], fallback, project, out var problem) is { } call)
            {
                calls.Add(call);
                indexes.Add(index);
            }
            else
            {
                tally.Reject(index, IdIn(items[index]), problem!);
            }
        }

        var recorded = await record.RunAsync(project, calls, context.RequestAborted);
        for (var i = 0; i < calls.Count; i++)
        {
            tally.Add(indexes[i], calls[i].Id, recorded[i]);
        }

        await (tally.Broken is { } broken
            ? Problems.WriteAsync(context, tally.BrokenOff(broken))
            : Answer.Json(context, StatusCodes.Status200OK, tally.View(), LlmJson.Default.LlmCallsRecorded));
    }

    private static LlmCall? ReadItem(JsonElement item, string fallbackId, ProjectSnapshot project, out Problem? problem)
    {
        problem = null;
        LlmCallRequest? body = null;
        try
        {
            body = item.Deserialize(LlmJson.Default.LlmCallRequest);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The faults are found below, all of them.
        }

        if (body is null)
        {
            problem = BodyFaults.Explain(item, LlmJson.Default.LlmCallRequest);
            return null;
        }

        var faults = new Faults();
        faults.Id(body.Id, "id", required: false);
        var call = CallReading.Read(body, body.Id ?? fallbackId, project, faults);
        problem = call is null ? Problems.Of(faults.Found, ErrorCode.ValidationFailed) : null;
        return call;
    }

    private static string? IdIn(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;

    private static string NewId() => Guid.CreateVersion7().ToString("D");

    private static Dictionary<string, LlmBalance> BalancesOf(ProjectSnapshot project, GateAnswer answer) =>
        (answer.Decision?.Standings ?? []).ToDictionary(
            standing => project.Catalog.FeaturesByKey[standing.FeatureKey].Code,
            standing => new LlmBalance
            {
                Limit = standing.Limit?.Value, Used = standing.Used.Value, Held = standing.Held.Value, Remaining = standing.Remaining?.Value,
                Unlimited = standing.Limit is null, ResetsAt = standing.ResetsAt?.ToOffset(),
            });

    /// <summary>Counts what became of the calls of an array.</summary>
    private sealed class CallTally
    {
        private readonly List<LlmCallRejected> _rejected = [];
        private int _accepted;
        private int _replayed;
        private int _unpriced;
        private NanoUsd _cost;

        /// <summary>Why not all was recorded: the database or the lanes did not take it.</summary>
        public ErrorCode? Broken { get; private set; }

        public void Add(int index, string id, RecordedCall call)
        {
            if (OutcomeMap.Code(call.Answer.Fault) is { Status: StatusCodes.Status503ServiceUnavailable } broken)
            {
                Broken = broken;
            }
            else if (OutcomeMap.Code(call.Answer.Fault) is { } fault)
            {
                _rejected.Add(new(index, id, fault.Code, fault.Description));
            }
            else if (call.Answer.Replayed)
            {
                _replayed++;
            }
            else
            {
                _accepted++;
                _unpriced += call.Cost.Cost is null ? 1 : 0;
                _cost += call.Cost.Cost ?? NanoUsd.Zero;
            }
        }

        public void Reject(int index, string? id, Problem problem) => _rejected.Add(new(
            index, id, problem.Code, problem.Errors is { Count: > 0 } all ? string.Join(" ", all.Select(fault => $"{fault.Param}: {fault.Detail}")) : problem.Detail ?? problem.Title));

        public LlmCallsRecorded View() => new()
        {
            Accepted = _accepted, Replayed = _replayed, Unpriced = _unpriced, CostUsd = _cost.ToString(),
            Rejected = [.. _rejected.OrderBy(one => one.Index)],
        };

        public Problem BrokenOff(ErrorCode code) => Problem.Of(
            code, $"{_accepted} calls were recorded and {_replayed} had been before. Send all of them again with the same ids: nothing counts twice.")
            with { Accepted = _accepted, Replayed = _replayed };
    }
}
