using System.Buffers;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core.Catalog;
using Tollgate.Core.Llm;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Llm;

/// <summary>Previews and imports lists of prices.</summary>
internal static class PriceImportEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var set = app.ServiceProvider.GetRequiredService<SetModelPrices>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapPost("/v1/model-prices/import", context => ImportAsync(context, set, clock))
            .RequireKey(Access.Secret | Access.Admin, Scope.CatalogWrite).WithLoad(Load.Heavy)
            .Describe(new("LLM", "Import a list of prices",
            "Imports a list such as `prices/models.json`: an array of prices as `POST /v1/model-prices` accepts them, each with `source` "
            + "and `valid_from`. Tollgate adds the prices that the book does not have to the project's own prices or, with the admin key "
            + "and without a project, to the shared ones. A price that differs from the current one applies from its `valid_from` if that "
            + "is later than the start of the current price, otherwise from now. Recorded calls keep their cost. Importing the same list "
            + "again changes nothing. With `dry_run=true`, the call adds nothing and returns the changes that it would make.")
        {
            Query = [new("dry_run", "true: only return the changes, without making them.", "boolean")],
            Request = Example.Of<IReadOnlyList<ModelPriceRequest>>(
                """[{"provider": "openai", "model": "gpt-4o", "valid_from": "2026-01-01T00:00:00Z", "prices": {"input": "2.4", "output": "10"}, "source": "list of 2026-11"}]"""),
            Answers =
            [
                Example.Of<PricesImported>(200, "The changes, made or only computed",
                    """
                    {"dry_run": true, "scope": "project", "new": 0, "changed": 1, "unchanged": 2291, "left": 0,
                     "changes": [{"kind": "changed", "provider": "openai", "model": "gpt-4o", "valid_from": "2026-11-21T08:00:00Z",
                                  "units": [{"unit": "input", "before": "2.5", "now": "2.4", "percent": -4.0}]}]}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.LimitReached],
        });
    }

    private static async Task ImportAsync(HttpContext context, SetModelPrices set, Clock clock)
    {
        var faults = new Faults();
        string? dryRun = context.Request.Query["dry_run"];
        if (!faults.OneOf(dryRun, "dry_run", "true", "false"))
        {
            await faults.WriteAsync(context);
            return;
        }

        if (await ReadAsync(context) is not { } list)
        {
            return; // The problem is written.
        }

        var project = context.Caller().Project;
        var now = project is null ? clock.Now() : clock.Now(project);
        var changes = await set.ImportAsync(project?.Id, list, now, dryRun == "true", context.RequestAborted);
        await (changes is null
            ? ModelPricesEndpoints.RefuseMoreAsync(context)
            : Answer.Json(context, StatusCodes.Status200OK, ViewOf(changes, dryRun == "true", project), WireJson.Default.PricesImported));
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<IReadOnlyList<ModelPrice>?> ReadAsync(HttpContext context)
    {
        if (Body.MediaTypeOf(context.Request) is not ("" or "application/json"))
        {
            await Problems.WriteAsync(context, ErrorCode.UnsupportedMediaType, "Send application/json.", "Content-Type");
            return null;
        }

        if (await Body.ReadWholeAsync(context, PriceFile.LargestText) is not { } body)
        {
            await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge, $"A list has at most {PriceFile.LargestText} bytes.");
            return null;
        }

        var bytes = body.ToArray();
        context.Request.BodyReader.AdvanceTo(body.End);
        var reading = PriceFile.Read(bytes);
        if (reading.Faults.Count == 0)
        {
            return reading.Prices;
        }

        if (reading.IsMalformed)
        {
            await Problems.WriteAsync(context, ErrorCode.MalformedJson, reading.Faults[0].Describe("line"));
            return null;
        }

        await Problems.WriteAsync(
            context,
            [.. reading.Faults.Take(WireLimits.Faults).Select(static fault =>
                new Fault(fault.Path, FaultCode.InvalidValue, fault.Message) { Line = fault.Line, Column = fault.Column })],
            ErrorCode.ValidationFailed);
        return null;
    }

    private static PricesImported ViewOf(IReadOnlyList<PriceChange> changes, bool dryRun, ProjectSnapshot? project)
    {
        return new()
        {
            DryRun = dryRun, Scope = CatalogWords.Of(project is null ? PriceScope.Shared : PriceScope.Project),
            New = Count(PriceChangeKind.New), Changed = Count(PriceChangeKind.Changed), Unchanged = Count(PriceChangeKind.Unchanged),
            Left = Count(PriceChangeKind.Left),
            Changes = [.. changes.Where(static change => change.Kind != PriceChangeKind.Unchanged).Select(ViewOf)],
        };

        int Count(PriceChangeKind kind) => changes.Count(change => change.Kind == kind);
    }

    private static PriceChangeView ViewOf(PriceChange change) => new()
    {
        Kind = CatalogWords.Of(change.Kind),
        Provider = change.Price.Provider, Model = change.Price.Model, ValidFrom = change.Price.ValidFrom.ToOffset(),
        Units =
        [
            .. change.Units.Select(static unit => new UnitChangeView(
                LlmWords.Of(unit.Unit), unit.Before?.ToString(), unit.Now?.ToString(),
                unit is { Before: { Value: > 0 } before, Now: { } after }
                    ? decimal.Round((after.Value - before.Value) / before.Value * 100, 1)
                    : null)),
        ],
    };
}
