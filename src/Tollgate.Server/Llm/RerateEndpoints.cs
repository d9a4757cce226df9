using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core.Llm;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Llm;

/// <summary>A project's markup on the prices of models, and the rerating of recorded calls.</summary>
internal static class RerateEndpoints
{
    private const string Tag = "LLM";

    public static void Map(IEndpointRouteBuilder app)
    {
        var set = app.ServiceProvider.GetRequiredService<SetModelPrices>();
        var rerate = app.ServiceProvider.GetRequiredService<RerateLlmCalls>();
        var options = app.ServiceProvider.GetRequiredService<LedgerOptions>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/model-prices/markup", (RequestDelegate)MarkupAsync).RequireKey(Access.Secret, Scope.CatalogRead)
            .Describe(new(Tag, "Get the markup",
            "Returns the markup that the project adds to the prices of its calls.")
        {
            Answers = [Example.Of<MarkupBody>(200, "The markup", """{"basis_points": 2000}""")],
        });
        app.MapPut("/v1/model-prices/markup", context => SetMarkupAsync(context, set, clock)).RequireKey(Access.Secret, Scope.CatalogWrite)
            .Describe(new(Tag, "Set the markup",
            "From now on, a call costs its price times (1 + basis_points ÷ 10,000). Recorded calls keep their cost.")
        {
            Request = Example.Of<MarkupBody>("""{"basis_points": 2000}"""),
            Answers = [Example.Of<MarkupBody>(200, "Set", """{"basis_points": 2000}""")],
            Errors = [ErrorCode.ValidationFailed],
        });
        app.MapPost("/v1/model-prices/rerate", context => RerateAsync(context, rerate, options, clock))
            .RequireKey(Access.Secret, Scope.CatalogWrite).WithOwnIdempotency().WithLoad(Load.Heavy)
            .Describe(new(Tag, "Rerate recorded calls",
            "Computes the cost of recorded calls again by today's price book, each at its own time: of calls whose cost is unknown, "
                + "or of all. A call never changes; if its cost "
            + "differs, Tollgate adds an event of the type `llm_cost_adjustment`, which moves the meters on `cost_usd` in the call's own "
            + "period and "
            + "the day's costs. A lower cost gives nothing back to budgets. A call reads at most 1,000 calls and returns `next`; "
            + "a repeat adds nothing twice.")
        {
            Request = Example.Of<RerateRequest>("""{"provider": "openai", "model": "gpt-9"}"""),
            Query = [new("dry_run", "true: only return the changes, without making them.", "boolean")],
            Answers =
            [
                Example.Of<Rerated>(200, "A page",
                    """{"dry_run": false, "seen": 12, "changed": 12, "unknown": 0, "too_old": 0, "delta_usd": "0.0312", "next": null}"""),
            ],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.Overloaded],
        });
    }

    private static Task MarkupAsync(HttpContext context) => AnswerAsync(context, context.Project().MarkupBasisPoints);

    private static Task AnswerAsync(HttpContext context, int basisPoints) =>
        Answer.Json(context, StatusCodes.Status200OK, new MarkupBody { BasisPoints = basisPoints }, WireJson.Default.MarkupBody);

    private static async Task SetMarkupAsync(HttpContext context, SetModelPrices set, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.MarkupBody) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Required(body.BasisPoints, "basis_points");
        faults.Range(body.BasisPoints, "basis_points", -10_000, PriceRules.LargestMarkup);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        await set.SetMarkupAsync(project.Id, (int)body.BasisPoints!.Value, clock.Now(project), context.RequestAborted);
        await AnswerAsync(context, (int)body.BasisPoints.Value);
    }

    private static async Task RerateAsync(HttpContext context, RerateLlmCalls rerate, LedgerOptions options, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.RerateRequest, new RerateRequest()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        string? dryRun = context.Request.Query["dry_run"];
        faults.OneOf(dryRun, "dry_run", "true", "false");
        var project = context.Project();
        var filter = FilterOf(body, clock.Now(project), options, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var done = await rerate.RunAsync(project, filter, dryRun == "true", context.RequestAborted);
        if (OutcomeMap.Code(done.Fault) is { } fault)
        {
            await Problems.WriteAsync(
                context, fault,
                "Tollgate could not record every adjustment of this page. Send the same request again; it adds nothing twice.");
            return;
        }

        var view = new Rerated
        {
            DryRun = dryRun == "true", Seen = done.Seen, Changed = done.Changed, Unknown = done.Unknown, TooOld = done.TooOld,
            DeltaUsd = done.Delta.ToString(), Next = done.Next?.ToString(),
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.Rerated);
    }

    private static RerateFilter FilterOf(RerateRequest body, Instant now, LedgerOptions options, Faults faults)
    {
        faults.Text(body.Provider, "provider", PriceRules.LongestProvider);
        faults.Text(body.Model, "model", PriceRules.LongestModel);
        var to = body.To is { } end ? Instant.From(end) : now.Plus(options.AcceptFuture);
        var from = body.From is { } start ? Instant.From(start) : now.Minus(options.AcceptPast);
        if (from >= to)
        {
            faults.Add("from", FaultCode.OutOfRange, "It must be before to.");
        }

        EventPosition? after = null;
        if (body.StartingAfter is { } text)
        {
            after = EventPosition.TryParse(text, out var position) ? position : null;
            if (after is null)
            {
                faults.Add("starting_after", FaultCode.InvalidFormat, "The `next` of the last answer is expected.");
            }
        }

        return new(body.Provider, body.Model, body.All == true, from, to, after);
    }
}
