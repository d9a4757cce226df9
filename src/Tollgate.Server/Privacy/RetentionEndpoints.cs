using Tollgate.Contracts.Http;
using Tollgate.Contracts.Privacy;
using Tollgate.Core.Catalog;
using Tollgate.Core.Privacy;
using Tollgate.Engine.Privacy;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Privacy;

/// <summary>
/// <c>/v1/privacy-settings</c>, <c>/v1/retention</c> and <c>/v1/retention-runs</c>: how texts of usage are stored, and for how long.
/// </summary>
internal static class RetentionEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var settings = app.ServiceProvider.GetRequiredService<PrivacySettings>();
        var queries = app.ServiceProvider.GetRequiredService<RetentionQueries>();
        app.MapGet("/v1/privacy-settings", (RequestDelegate)(context => ShowSettingsAsync(context, settings)))
            .RequireKey(Access.Secret, Scope.PrivacyRead).Describe(RetentionDescriptions.Settings);
        app.MapPut("/v1/privacy-settings", (RequestDelegate)(context => SetAsync(context, settings)))
            .RequireKey(Access.Secret, Scope.PrivacyWrite).Describe(RetentionDescriptions.SetSettings);
        app.MapGet("/v1/retention", (RequestDelegate)(context => ForeseeAsync(context, settings, queries)))
            .RequireKey(Access.Secret, Scope.PrivacyRead).WithLoad(Load.Own).Describe(RetentionDescriptions.Overview);
        app.MapGet("/v1/retention-runs", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.PrivacyRead).Describe(RetentionDescriptions.Runs);
    }

    private static async Task ShowSettingsAsync(HttpContext context, PrivacySettings settings)
    {
        var found = await settings.FindAsync(context.Project(), context.RequestAborted);
        await Answer.Json(
            context, StatusCodes.Status200OK,
            new PrivacySettingsBody { RetentionDays = found.RetentionDays, EncryptUsage = found.EncryptsUsage },
            WireJson.Default.PrivacySettingsBody);
    }

    private static async Task SetAsync(HttpContext context, PrivacySettings settings)
    {
        if (await Body.ReadAsync(context, WireJson.Default.PrivacySettingsBody) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Range(body.RetentionDays, "retention_days", RetentionRules.LeastDays, RetentionRules.MostDays);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await settings.SetAsync(context.Project(), body.RetentionDays, body.EncryptUsage, context.RequestAborted);
        await ShowSettingsAsync(context, settings);
    }

    private static async Task ForeseeAsync(HttpContext context, PrivacySettings settings, RetentionQueries queries)
    {
        var project = context.Project();
        var found = await settings.FindAsync(project, context.RequestAborted);
        var groups = await queries.ForeseeAsync(project, found, context.RequestAborted);
        var view = new RetentionView(
            found.RetentionDays, RetentionRules.LeastDays, (int)RetentionRules.Notice.TotalDays,
            [
                .. groups.Select(static one => new RetentionPlanView(
                    one.Plan, CatalogWords.Of(one.Retention.Source), one.Retention.Set, one.Retention.Days, one.Customers, one.Waiting,
                    one.Events, one.Holds)),
            ]);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.RetentionView);
    }

    private static async Task ListAsync(HttpContext context, RetentionQueries queries)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.RetentionRunList);
    }

    private static RetentionRunView ViewOf(RetentionRun run) => new(
        run.Id.ToString("D"), run.Day, run.Status, run.StartedAt.ToOffset(), run.DoneAt?.ToOffset(), run.Customers, run.Events, run.Holds);
}
