using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Tollgate.Contracts.Catalog;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Catalog;

/// <summary>Reads a project's catalogue (also with a public key), and publishes a new one.</summary>
public static class CatalogEndpoints
{
    private const string Yaml = "application/yaml";

    public static void MapCatalog(this WebApplication app)
    {
        const Access readers = Access.Public | Access.Secret | Access.CustomerToken;
        app.MapGet("/v1/plans", (RequestDelegate)ListPlansAsync).RequireKey(readers, Scope.CatalogRead)
            .Describe(CatalogDescriptions.ListPlans);
        app.MapGet("/v1/plans/compare", (RequestDelegate)ComparePlansAsync).RequireKey(readers, Scope.CatalogRead)
            .Describe(CatalogDescriptions.ComparePlans);
        app.MapGet("/v1/plans/{code}", (RequestDelegate)GetPlanAsync).RequireKey(readers, Scope.CatalogRead)
            .Describe(CatalogDescriptions.GetPlan);
        app.MapGet("/v1/features", (RequestDelegate)ListFeaturesAsync).RequireKey(readers, Scope.CatalogRead)
            .Describe(CatalogDescriptions.ListFeatures);
        app.MapGet("/v1/catalog", (RequestDelegate)GetCatalogAsync).RequireKey(Access.Secret, Scope.CatalogRead)
            .Describe(CatalogDescriptions.GetCatalog);

        var preview = app.Services.GetRequiredService<PreviewCatalog>();
        var publish = app.Services.GetRequiredService<PublishCatalog>();
        var directory = app.Services.GetRequiredService<ProjectDirectory>();
        var foresee = app.Services.GetRequiredService<PreviewMigration>();
        app.MapPut("/v1/catalog", (RequestDelegate)(context => PutCatalogAsync(context, (preview, foresee), publish, directory)))
            .RequireKey(Access.Secret, Scope.CatalogWrite).WithLoad(Load.Heavy).Describe(CatalogDescriptions.PutCatalog);
    }

    private static Task ListPlansAsync(HttpContext context)
    {
        var catalog = context.Project().Catalog;
        var plans = CatalogDisplay.Offered(catalog.Document).Select(plan => CatalogViews.Of(plan, catalog));
        return Answer.Json(context, StatusCodes.Status200OK, new([.. plans], HasMore: false), WireJson.WithoutNulls.PlanList);
    }

    private static Task GetPlanAsync(HttpContext context)
    {
        var catalog = context.Project().Catalog;
        var code = (string)context.Request.RouteValues["code"]!;
        return catalog.Plans.TryGetValue(code, out var plan)
            ? Answer.Json(context, StatusCodes.Status200OK, CatalogViews.Of(plan.Plan, catalog), WireJson.WithoutNulls.PlanView)
            : UnknownNames.WritePlanAsync(context, code);
    }

    private static Task ComparePlansAsync(HttpContext context) =>
        Answer.Json(
            context, StatusCodes.Status200OK, CatalogViews.Compare(context.Project().Catalog.Document),
            WireJson.WithoutNulls.PlanComparison);

    private static Task ListFeaturesAsync(HttpContext context)
    {
        var features = CatalogViews.InOrder(context.Project().Catalog.Document).Select(CatalogViews.Of);
        return Answer.Json(context, StatusCodes.Status200OK, new([.. features], HasMore: false), WireJson.WithoutNulls.FeatureList);
    }

    private static Task GetCatalogAsync(HttpContext context)
    {
        var catalog = context.Project().Catalog;
        SetHeaders(context, catalog.ETag, catalog.Revision);
        string? seen = context.Request.Headers.IfNoneMatch;
        if (seen == catalog.ETag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        string? accept = context.Request.Headers.Accept;
        return accept?.Contains("yaml", StringComparison.OrdinalIgnoreCase) == true
            ? Answer.Bytes(context, StatusCodes.Status200OK, Encoding.UTF8.GetBytes(CatalogWriter.ToYaml(catalog.Document)), Yaml)
            : Answer.Json(
                context, StatusCodes.Status200OK, JsonElement.Parse(CatalogWriter.ToJson(catalog.Document, indented: false)),
                WireJson.WithoutNulls.JsonElement);
    }

    private static async Task PutCatalogAsync(
        HttpContext context, (PreviewCatalog Catalog, PreviewMigration Migration) preview, PublishCatalog publish,
        ProjectDirectory directory)
    {
        var faults = new Faults();
        string? dryRun = context.Request.Query["dry_run"];
        if (!faults.OneOf(dryRun, "dry_run", "true", "false"))
        {
            await faults.WriteAsync(context);
            return;
        }

        if (await ReadAsync(context) is not { } document)
        {
            return; // The problem is written.
        }

        var project = context.Project();
        var planned = await preview.Catalog.RunAsync(project.Id, document, context.RequestAborted);
        if (planned.Faults.Count > 0)
        {
            await RefuseAsync(context, planned.Faults, ErrorCode.CatalogInvalid);
            return;
        }

        var outlook = await preview.Migration.RunAsync(project, document, context.RequestAborted);
        if (dryRun == "true")
        {
            SetHeaders(context, planned.ETag, planned.Revision);
            await AnswerAsync(context, CatalogOutcome.DryRun, planned.Revision, planned.ETag, planned, outlook);
            return;
        }

        var done = await publish.PublishAsync(project.Id, document, context.Request.Headers.IfMatch, context.RequestAborted);
        SetHeaders(context, done.ETag, done.Revision);
        if (WhyTooMuch(done.Outcome) is { } limit)
        {
            await Problems.WriteAsync(context, ErrorCode.LimitReached, limit);
            return;
        }

        if (done.Outcome == PublishOutcome.Refused)
        {
            // Another publication happened after the check above.
            planned = await preview.Catalog.RunAsync(project.Id, document, context.RequestAborted);
            await RefuseAsync(context, planned.Faults, ErrorCode.CatalogInvalid);
            return;
        }

        if (done.Outcome == PublishOutcome.Stale)
        {
            await Problems.WriteAsync(
                context, ErrorCode.PreconditionFailed, $"The catalogue in force is {done.ETag}, revision {done.Revision}.", "If-Match");
            return;
        }

        await directory.RefreshAsync(CancellationToken.None);
        var outcome = done.Outcome == PublishOutcome.Published ? CatalogOutcome.Published : CatalogOutcome.Unchanged;
        await AnswerAsync(context, outcome, done.Revision, done.ETag, planned, outlook);
    }

    private static string? WhyTooMuch(PublishOutcome outcome) => outcome switch
    {
        PublishOutcome.TooMuch =>
            $"All features and versions of plans that the project ever published take at most {CatalogLimits.VersionBytes / 1024 / 1024} "
                + "MiB: customers may be pinned to each. Change large plans less often, or continue in a new project.",
        PublishOutcome.TooManyFeatures =>
            $"A project publishes at most {CatalogLimits.FeaturesEver} features in its life: past use refers to each. "
                + "Keep the codes of features that change, or continue in a new project.",
        _ => null,
    };

    private static Task AnswerAsync(
        HttpContext context, CatalogOutcome outcome, int revision, string etag, CatalogPreview planned, MigrationOutlook outlook) =>
        Answer.Json(
        context,
        StatusCodes.Status200OK,
        new CatalogAnswer(
            CatalogWords.Of(outcome),
            revision,
            etag,
            [.. planned.Diff.Changes.Select(CatalogViews.Of)],
            planned.Diff.ChangedPlans,
            planned.Diff.RemovedPlans,
            planned.AffectedCustomers,
            planned.PinnedCustomers,
            outlook.Subscriptions,
            [.. outlook.Revenue.Select(CatalogViews.Of)]),
        WireJson.WithoutNulls.CatalogAnswer);

    /// <summary>The catalogue of the body, YAML or JSON by its content type. Null: the problem is written.</summary>
    private static async Task<CatalogDocument?> ReadAsync(HttpContext context)
    {
        var type = context.Request.ContentType ?? Answer.JsonType;
        var isYaml = type.Contains("yaml", StringComparison.OrdinalIgnoreCase);
        if (!isYaml && !type.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            await Problems.WriteAsync(
                context, ErrorCode.UnsupportedMediaType, $"{Yaml} or {Answer.JsonType} is expected; {type} was sent.", "Content-Type");
            return null;
        }

        if (await Body.ReadWholeAsync(context, CatalogReader.LargestText) is not { } body)
        {
            await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge, $"A catalogue has at most {CatalogReader.LargestText} bytes.");
            return null;
        }

        var bytes = body.ToArray();
        context.Request.BodyReader.AdvanceTo(body.End);
        if (!Utf8.IsValid(bytes))
        {
            await Problems.WriteAsync(context, ErrorCode.MalformedRequest, "The catalogue is not UTF-8.");
            return null;
        }

        var reading = isYaml ? CatalogReader.ReadYaml(Encoding.UTF8.GetString(bytes)) : CatalogReader.ReadJson(bytes);
        if (reading.Document is null)
        {
            await RefuseAsync(context, reading, isYaml, bytes.AsSpan().TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[', ..]);
        }

        return reading.Document;
    }

    private static Task RefuseAsync(HttpContext context, CatalogReading reading, bool isYaml, bool isOther)
    {
        if (reading.Malformed && !isYaml)
        {
            var fault = reading.Faults[0];
            var hint = isOther ? $" If it is YAML, send Content-Type: {Yaml}." : "";
            return Problems.WriteAsync(
                context, ErrorCode.MalformedJson,
                string.Create(CultureInfo.InvariantCulture, $"Line {fault.Line}, column {fault.Column}: {fault.Message}{hint}"));
        }

        return RefuseAsync(context, reading.Faults, reading.Malformed ? ErrorCode.MalformedRequest : ErrorCode.CatalogInvalid);
    }

    private static Task RefuseAsync(HttpContext context, IReadOnlyList<CatalogFault> found, ErrorCode code)
    {
        var faults = found.Take(WireLimits.Faults).Select(static fault =>
            new Fault(fault.Path, FaultCode.InvalidValue, fault.Message) { Line = fault.Line, Column = fault.Column });
        return Problems.WriteAsync(context, [.. faults], code);
    }

    private static void SetHeaders(HttpContext context, string etag, int revision)
    {
        context.Response.Headers.ETag = etag.Length == 0 ? null : etag;
        context.Response.Headers["X-Catalog-Revision"] = revision.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>The outcome of a publication, as in its answer.</summary>
internal enum CatalogOutcome
{
    Published,
    Unchanged,
    DryRun,
}
