using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Metering;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Metering;

/// <summary>Records facts: one event, an array, a stream of any length, CloudEvents; and voids an event.</summary>
internal static class EventsEndpoints
{
    private const string Tag = "Metering";

    /// <summary>Routing refuses other types with a 415.</summary>
    private static readonly string[] MediaTypes =
    [
        "application/json", "application/x-ndjson", "application/jsonl", "application/ndjson", "application/cloudevents+json",
        "application/cloudevents-batch+json",
    ];

    private const string Lines = """{"id": "e-1", "customer": "user_42", "type": "ats_scan"}""" + "\n"
        + """{"id": "e-2", "customer": "user_43", "type": "ats_scan", "quantity": 2}""";

    private const string CloudEvent =
        """{"specversion": "1.0", "id": "e-1", "source": "import", "type": "ats_scan", "subject": "user_42", "time": "2026-11-21T08:00:00Z", "data": {"quantity": 1}}""";

    private static readonly Example[] OtherForms =
    [
        Example.OfText("application/x-ndjson", Lines), Example.OfText("application/jsonl", Lines),
        Example.OfText("application/ndjson", Lines),
        Example.OfText("application/cloudevents+json", CloudEvent), Example.OfText("application/cloudevents-batch+json", $"[{CloudEvent}]"),
    ];

    private const string RecordText =
        "Records events as facts, beyond a cap too (`over_limit` counts those). With `enforce=true`, Tollgate decides each "
        + "event like a consume and rejects a denied one. The body is one event, an array of at most 10,000, a stream of any "
        + "length (`application/x-ndjson` or `application/jsonl`, one event a line), or CloudEvents 1.0 "
        + "(`application/cloudevents+json`, `application/cloudevents-batch+json`, or binary mode with `ce-` headers): "
        + "`subject` is the customer, `time` is occurred_at, `data.quantity` the quantity and the rest of `data` the "
        + "properties.\n\nWhen the call answers, all accepted events are on disk. `rejected` lists faulty events by their "
        + "`index`; they never stop the others. An array that is not JSON is refused whole. Ids make retries safe: after a "
        + "503, send everything again (its `accepted` counts the events that were recorded), and nothing counts twice. An "
        + "event without an id gets one and cannot be retried safely.\n\nIf no meter of the catalogue reads an event's type, "
        + "Tollgate records the event and counts it for nothing: the answer says `unmatched: true` and names the types, and "
        + "`/v1/unmatched-events` counts them. With `unmatched_events: refuse` in the catalogue, Tollgate rejects the event "
        + "with `event_unmatched`.";

    public static void Map(IEndpointRouteBuilder app)
    {
        var gate = app.ServiceProvider.GetRequiredService<QuotaGate>();
        var door = new EventDoor(
            gate, app.ServiceProvider.GetRequiredService<UnmatchedTypes>(), app.ServiceProvider.GetRequiredService<Clock>());
        app.MapPost("/v1/events", context => RecordAsync(context, door)).RequireKey(Access.Secret, Scope.GateWrite).WithOwnIdempotency()
            .WithLoad(Load.Light).Describe(new(Tag, "Record events", RecordText)
        {
            Request = Example.Of<EventRequest>(
                """
                {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "customer": "user_42", "type": "ats_scan", "quantity": 1,
                 "occurred_at": "2026-11-21T08:00:00Z", "properties": {"source": "import"}}
                """),
            OrArray = true,
            AlsoWritten = OtherForms,
            Query = [new("enforce", "true: apply caps to each event. Default: false.", "boolean")],
            Answers =
            [
                Example.Of<RecordedEvents>(200, "The result for the events",
                    """
                    {"id": null, "accepted": 2, "replayed": 1, "over_limit": 0, "rejected_count": 1,
                     "rejected": [{"index": 3, "id": "e-4", "code": "event_too_old",
                      "detail": "occurred_at is more than 35 days in the past."}],
                     "unmatched": false, "unmatched_count": 0, "unmatched_types": []}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.Overloaded],
        }).WithMetadata(new AcceptsMetadata(MediaTypes, typeof(EventRequest)));
        app.MapPost("/v1/events/{id}/void", context => VoidAsync(context, gate)).RequireKey(Access.Secret, Scope.GateWrite)
            .Describe(new(Tag, "Void an event",
            "Records a reversing event that names the event; an event never changes. Tollgate gives its units back to the balances, "
            + "grants and pools that paid. A repeat returns the first result.")
        {
            Request = Example.Of<VoidRequest>("""{"customer": "user_42"}"""),
            Query = [new("customer", "Instead of the body's.")],
            Path = new Dictionary<string, string> { ["id"] = "The event's id, or its key if it has one." },
            Answers =
            [
                Example.Of<VoidedView>(200, "Voided",
                    """
                    {"id": "6a3f9f0e-58a1-8c1d-9a2b-0c1d2e3f4a5b", "voids": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "replayed": false,
                     "feature": "ats_scan", "plan": "free", "limit": 2, "used": 0, "held": 0, "remaining": 2,
                      "resets_at": "2026-12-01T00:00:00Z"}
                    """),
            ],
            Errors = [ErrorCode.EventNotFound, ErrorCode.ReservationAmbiguous, ErrorCode.ValidationFailed],
        });
    }

    private static async Task RecordAsync(HttpContext context, EventDoor door)
    {
        var faults = new Faults();
        var enforce = Enforce(context, faults);
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

        var type = Body.MediaTypeOf(context.Request);
        switch (type)
        {
            case "application/x-ndjson" or "application/jsonl" or "application/ndjson":
                await RecordStreamAsync(context, new(context.Caller(), door, enforce, prefix, EventLimits.ListedOfStream));
                break;
            case "application/cloudevents+json" or "application/cloudevents-batch+json":
                await RecordBodyAsync(
                    context, new(context.Caller(), door, enforce, prefix, EventLimits.ArrayItems), new(enforce), EventForms.CloudEvent,
                    prefix);
                break;
            case "" or "application/json" when context.Request.Headers.ContainsKey("ce-specversion"):
                await RecordBodyAsync(
                    context, new(context.Caller(), door, enforce, prefix, EventLimits.ArrayItems), new(enforce),
                    BinaryForm(context.Request), prefix);
                break;
            case "" or "application/json":
                await RecordBodyAsync(
                    context, new(context.Caller(), door, enforce, prefix, EventLimits.ArrayItems), new(enforce), EventForms.Plain, prefix);
                break;
            default:
                await Problems.WriteAsync(
                    context, ErrorCode.UnsupportedMediaType, "Send application/json, application/x-ndjson or a CloudEvents media type.",
                    "Content-Type");
                break;
        }
    }

    /// <summary>Records a stream of any length: only each line has a limit, and the server's minimum rate applies.</summary>
    private static async Task RecordStreamAsync(HttpContext context, EventStream stream)
    {
        Body.AllowAnyLength(context);
        await stream.ReadLinesAsync(context.Request.BodyReader, context.RequestAborted);
        await AnswerAsync(context, stream.Tally);
    }

    /// <summary>Records one event or an array. It reads the whole body first, so that a body that is not JSON records nothing.</summary>
    private static async Task RecordBodyAsync(
        HttpContext context, EventStream stream, EventFields fields, EventForms.Form form, string? singleId)
    {
        var events = new List<(long Index, EventOrder Order)>();
        if (await ReadBodyAsync(context, body => Parse(body, stream, fields, form, singleId, events)) is { } problem)
        {
            await Problems.WriteAsync(context, problem);
            return;
        }

        for (var i = 0; i < events.Count && stream.Tally.Batch.Broken is null; i++)
        {
            await stream.AddAsync(events[i].Index, events[i].Order);
        }

        await stream.FinishAsync();
        await AnswerAsync(context, stream.Tally);
    }

    private static Task AnswerAsync(HttpContext context, EventTally tally) => tally.Batch.Broken is { } broken
        ? Problems.WriteAsync(context, tally.Batch.BrokenOff(broken))
        : Answer.Json(context, StatusCodes.Status200OK, tally.View(), WireJson.Default.RecordedEvents);

    private delegate Problem? BodyUse(ReadOnlySpan<byte> body);

    private static async ValueTask<Problem?> ReadBodyAsync(HttpContext context, BodyUse use)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = EventLimits.BodyBytes;
        }

        if (await Body.ReadWholeAsync(context, EventLimits.BodyBytes) is not { } body)
        {
            return Problem.Of(
                ErrorCode.PayloadTooLarge,
                $"At most {EventLimits.BodyBytes} bytes are accepted; a stream of lines (application/x-ndjson) may have any length.");
        }

        var length = (int)body.Length;
        var copy = body.IsSingleSegment ? null : ArrayPool<byte>.Shared.Rent(length);
        try
        {
            if (copy is null)
            {
                return use(body.FirstSpan);
            }

            body.CopyTo(copy);
            return use(copy.AsSpan(0, length));
        }
        finally
        {
            context.Request.BodyReader.AdvanceTo(body.End);
            if (copy is not null)
            {
                ArrayPool<byte>.Shared.Return(copy);
            }
        }
    }

    private static Problem? Parse(
        ReadOnlySpan<byte> body, EventStream stream, EventFields fields, EventForms.Form form, string? singleId,
        List<(long Index, EventOrder Order)> events)
    {
        if (body.IsEmpty || !Utf8.IsValid(body))
        {
            return Problem.Of(
                ErrorCode.MalformedJson,
                body.IsEmpty ? "The body is empty; an event or an array of events is expected." : "The body is not UTF-8.");
        }

        try
        {
            var reader = new Utf8JsonReader(body, EventForms.Strict);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                if (EventForms.Read(ref reader, body, fields, form, singleId) is not { } order)
                {
                    reader.Read();
                    return ProblemOf(fields);
                }

                events.Add((0, order));
            }
            else
            {
                for (var index = 0L; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                {
                    if (index == EventLimits.ArrayItems)
                    {
                        return Problem.Of(ErrorCode.PayloadTooLarge,
                            $"At most {EventLimits.ArrayItems} events are accepted at once; a stream of lines (application/x-ndjson) may "
                                + "have any length.");
                    }

                    if (EventForms.Read(ref reader, body, fields, form, stream.IdOf(index)) is { } order)
                    {
                        events.Add((index, order));
                    }
                    else
                    {
                        stream.Tally.Reject(index, fields);
                    }
                }
            }

            reader.Read();
            return null;
        }
        catch (JsonException e)
        {
            return Problems.Of(e, takesLines: true);
        }
    }

    private static Problem ProblemOf(EventFields fields)
    {
        var found = fields.Faults.ToArray();
        var code = found.All(f => f.Code is FaultCode.UnknownField or FaultCode.DuplicateField) ? ErrorCode.UnknownField
            : found.All(f => f.Code is FaultCode.InvalidType) ? ErrorCode.InvalidType
            : ErrorCode.ValidationFailed;
        return Problems.Of(found, code);
    }

    /// <summary>CloudEvents in binary mode: the attributes are headers, the body is the data.</summary>
    private static EventForms.Form BinaryForm(HttpRequest request)
    {
        return Read;

        void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, EventFields fields)
        {
            fields.SetId(Header("ce-id"));
            fields.SetCustomer(Header("ce-subject"), "ce-subject");
            fields.SetType(Header("ce-type"));
            if (Header("ce-time") is { } time)
            {
                fields.SetTime(time, "ce-time");
            }

            EventForms.Data(ref reader, json, fields);
        }

        string? Header(string name) => request.Headers[name] is [{ } text] ? Uri.UnescapeDataString(text) : null;
    }

    private static bool Enforce(HttpContext context, Faults faults)
    {
        string? text = context.Request.Query["enforce"];
        if (text is null or "true" or "false")
        {
            return text == "true";
        }

        faults.Add("enforce", FaultCode.InvalidValue, "true or false is expected.");
        return false;
    }

    private static async Task VoidAsync(HttpContext context, QuotaGate gate)
    {
        if (await Body.ReadAsync(context, WireJson.Default.VoidRequest, new VoidRequest()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var id = RawPath.Id(context);
        var customer = body.Customer ?? (string?)context.Request.Query["customer"];
        faults.Id(id, "id");
        faults.Id(customer, "customer", required: false);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        var answer = await gate.VoidAsync(project, id, customer, context.RequestAborted);
        if (OutcomeMap.Code(answer.Fault) is { } fault)
        {
            await Problems.WriteAsync(
                context, fault,
                fault == ErrorCode.ReservationAmbiguous ? "Several customers have an event with this id. Name the customer." : null);
            return;
        }

        var standing = answer.Decision?.Standing;
        var view = new VoidedView
        {
            Id = answer.Id!, Voids = id, Replayed = answer.Replayed,
            Feature = answer.Decision is { } decision ? project.Catalog.FeatureOf(decision.FeatureKey).Code : null,
            Plan = answer.Decision?.Plan,
            Limit = standing?.Limit?.Value, Used = standing?.Used.Value, Held = standing?.Held.Value,
            Remaining = standing?.Remaining?.Value,
            ResetsAt = standing?.ResetsAt?.ToOffset(),
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.VoidedView);
    }
}
