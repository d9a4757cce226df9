using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Imports;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Engine.Imports;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Imports;

/// <summary><c>/v1/imports</c>: receives history and shows what became of it.</summary>
internal static class ImportEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var receive = app.ServiceProvider.GetRequiredService<ReceiveImport>();
        var queries = app.ServiceProvider.GetRequiredService<ImportQueries>();
        app.MapPost("/v1/imports", context => ReceiveAsync(context, receive, queries))
            .RequireKey(Access.Secret, Scope.GateWrite | Scope.CustomersWrite | Scope.BillingWrite)
            .WithOwnIdempotency().WithLoad(Load.Light).Describe(ImportDescriptions.Create);
        app.MapGet("/v1/imports", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.UsageRead).Describe(ImportDescriptions.List);
        app.MapGet("/v1/imports/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.UsageRead).Describe(ImportDescriptions.Show);
    }

    private static async Task ReceiveAsync(HttpContext context, ReceiveImport receive, ImportQueries queries)
    {
        if (await OrderOfAsync(context) is not { } order)
        {
            return;
        }

        Body.AllowAnyLength(context);
        var received = await receive.RunAsync(context.Project(), order, context.Request.BodyReader, context.RequestAborted);
        switch (received.Outcome)
        {
            case ReceiveOutcome.Received or ReceiveOutcome.Repeated:
                if (received.Outcome == ReceiveOutcome.Repeated)
                {
                    context.Response.Headers["Idempotent-Replayed"] = "true";
                }

                context.Response.Headers.Location = $"/v1/imports/{received.Import!.Id:D}";
                await Answer.Json(
                    context, StatusCodes.Status202Accepted, await ViewOfAsync(received.Import, queries, context.RequestAborted),
                    WireJson.Default.ImportView);
                break;
            case ReceiveOutcome.KeyReused:
                await Problems.WriteAsync(
                    context, ErrorCode.IdempotencyKeyReused, Problems.Reused(Idempotency.Header, order.Key!), Idempotency.Header);
                break;
            case ReceiveOutcome.KeyBusy:
                await Problems.WriteAsync(context, ErrorCode.Conflict, "A request with this Idempotency-Key is still arriving.");
                break;
            case ReceiveOutcome.TooMany:
                await Problems.WriteAsync(context, ErrorCode.RateLimited, received.Detail);
                break;
            case ReceiveOutcome.BadHeader:
                await Problems.WriteAsync(context, [new("header", FaultCode.InvalidValue, received.Detail!)]);
                break;
            default:
                await Problems.WriteAsync(
                    context, ErrorCode.PayloadTooLarge,
                    string.Create(CultureInfo.InvariantCulture, $"An import has at most {ImportLimits.ImportBytes} bytes; send several."));
                break;
        }
    }

    private static async Task<ImportOrder?> OrderOfAsync(HttpContext context)
    {
        ImportFormat? format = Body.MediaTypeOf(context.Request) switch
        {
            "application/x-ndjson" or "application/jsonl" or "application/ndjson" => ImportFormat.Ndjson,
            "text/csv" => ImportFormat.Csv,
            _ => null,
        };
        if (format is not { } known)
        {
            await Problems.WriteAsync(context, ErrorCode.UnsupportedMediaType, Problems.WrongType(context), "Content-Type");
            return null;
        }

        var faults = new Faults();
        string? kind = context.Request.Query["kind"], dryRun = context.Request.Query["dry_run"];
        faults.OneOf(kind, "kind", [.. CatalogWords.All<ImportKind>()]);
        if (dryRun is not (null or "true" or "false"))
        {
            faults.Add("dry_run", FaultCode.InvalidType, $"'{Spelling.Shown(dryRun)}' is not possible: true or false is expected.");
        }

        var key = Idempotency.IdFor(context, null, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        return new(
            known, kind is null ? null : CatalogWords.Read<ImportKind>(kind), dryRun == "true", key,
            SubscriptionAnswers.ActorOf(context.Caller()));
    }

    private static async Task ListAsync(HttpContext context, ImportQueries queries)
    {
        var list = ListQuery.Read(context);
        var (status, after) = (list.Word<ImportStatus>("status"), list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), status, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(
            rows, SummaryOf, static (data, more) => new(data, more), WireJson.Default.ImportList);
    }

    private static async Task ShowAsync(HttpContext context, ImportQueries queries)
    {
        if (!Guid.TryParse(RawPath.Id(context), out var id)
            || await queries.FindAsync(context.Project(), id, context.RequestAborted) is not { } import)
        {
            await Problems.WriteAsync(context, ErrorCode.ImportNotFound);
            return;
        }

        await Answer.Json(
            context, StatusCodes.Status200OK, await ViewOfAsync(import, queries, context.RequestAborted), WireJson.Default.ImportView);
    }

    private static ImportView SummaryOf(ImportRow row) => new()
    {
        Id = row.Id, Status = CatalogWords.Of(row.Status), Format = CatalogWords.Of(row.Format),
        Kind = row.Kind is { } kind ? CatalogWords.Of(kind) : null, DryRun = row.IsDryRun, Progress = ProgressOf(row), Bytes = row.Bytes,
        Read = row.Records, Booked = row.Booked, Replayed = row.Replayed, RejectedCount = row.Rejected, Error = row.Error,
        CreatedAt = row.CreatedAt.ToOffset(), StartedAt = row.StartedAt?.ToOffset(), FinishedAt = row.FinishedAt?.ToOffset(),
    };

    private static async Task<ImportView> ViewOfAsync(ImportRow row, ImportQueries queries, CancellationToken cancel)
    {
        var (rejected, sums) = (await queries.RejectionsAsync(row.Id, cancel), await queries.SumsAsync(row.Id, cancel));
        return SummaryOf(row) with
        {
            Rejected = [.. rejected.Select(static one => new RejectedRecord(one.Line, one.Record, one.Fault.Code, one.Fault.Detail))],
            Sums =
            [
                .. sums.Select(static one => new ImportSumView
                {
                    Kind = one.Kind, Month = one.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture), Name = one.Name,
                    Records = one.Records, Amount = one.Amount,
                }),
            ],
        };
    }

    private static int ProgressOf(ImportRow row) =>
        row.Status == ImportStatus.Finished ? 100 : row.Bytes == 0 ? 0 : (int)(row.BytesDone * 100 / row.Bytes);
}
