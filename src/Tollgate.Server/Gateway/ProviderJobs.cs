using System.Buffers;
using Tollgate.Contracts.Http;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Gateway;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Handles work that continues at a provider, and answers that it stores: gives customers access only to their own, and settles work for
/// the customer who started it, at the first answer that reports its end.
/// </summary>
internal sealed class ProviderJobs(GatewayJobs jobs, SettleLater later, Clock clock)
{
    /// <summary>
    /// The age from which Tollgate records work at the present time, since the ledger accepts nothing older than 35 days.
    /// </summary>
    private static readonly TimeSpan OldestStart = TimeSpan.FromDays(30);

    /// <summary>
    /// The most bytes of an answer that the gateway reads for its usage: a dozen inline images. An answer with a larger announced length
    /// passes unread.
    /// </summary>
    public const int LargestAnswer = 128 * 1024 * 1024;

    public sealed record Refusal(ErrorCode Code, string Detail);

    /// <summary>The job record of a call that started work, or whose answer the provider stores.</summary>
    public static GatewayJob JobOf(GatewayCall call, string id, IReadOnlyList<Guid> holds, string model, bool isSettled) => new()
    {
        Provider = call.Route.Provider, Id = id, Customer = call.Customer!, Feature = call.Feature, AttributeTo = call.AttributeTo,
        Model = model, Endpoint = call.Path, Holds = holds,
        StartedAt = call.StartedAt, IsSettled = isSettled, Upstream = isSettled ? null : call.Home.Provider,
        AskAt = isSettled
            ? null
            : (call.Route.Job is null ? StatusOf(call.Path.TrimEnd('/'), Uri.EscapeDataString(id)) : call.Path) + call.Target.Query,
    };

    // Firecrawl's oldest version has the status one level deeper.
    private static string StatusOf(string start, string id) =>
        start.EndsWith("/v0/crawl", StringComparison.Ordinal) ? $"{start}/status/{id}" : $"{start}/{id}";

    /// <summary>
    /// Finds the job that the path names, if Tollgate knows it; refuses customers access to jobs and answers that are not their own.
    /// </summary>
    public async ValueTask<(GatewayJob? Job, Refusal? Refusal)> AdmitAsync(
        HttpContext context, LlmRoute route, ReadOnlyMemory<byte> body, HeldBytes held)
    {
        var caller = context.Caller();
        var customer = caller.Kind == KeyKind.CustomerToken ? caller.Customer : null;
        var named = customer is not null && IsRead(context, body) ? await ReferencesAsync(context, body, held) : new();
        if (named is null)
        {
            return (null,
                new(ErrorCode.MalformedJson,
                    "The gateway could not read the body, so it cannot tell which job the call names. Nothing was forwarded."));
        }

        string[] ids = [.. new[] { route.Job, named.Answer }.OfType<string>().Where(GatewayJob.IsId)];
        var known = ids.Length == 0 ? [] : await jobs.FindAsync(context.Project(), route.Provider, ids, context.RequestAborted);
        if (customer is not null)
        {
            bool IsOwn(string id) => known.Any(one => one.Id == id && one.Customer == customer);
            var refusal = route.Job is { } asked && !IsOwn(asked)
                ? "This customer did not start a job with this id through the gateway."
                : GatewayRules.RefusalOf(route, named, IsOwn);
            if (refusal is not null)
            {
                return (null, new(ErrorCode.PathNotForwarded, refusal));
            }
        }

        return (known.FirstOrDefault(one => one.Id == route.Job), null);
    }

    private static async ValueTask<AccountReferences?> ReferencesAsync(HttpContext context, ReadOnlyMemory<byte> body, HeldBytes held)
    {
        using var turn = await held.TakeTurnAsync(body.Length, context.RequestAborted);
        return AccountReferences.In(body.Span);
    }

    /// <summary>
    /// True if the body can name a job or an answer. A form has only files and plain fields and names none. A body that begins like JSON is
    /// read as JSON, whatever its type.
    /// </summary>
    private static bool IsRead(HttpContext context, ReadOnlyMemory<byte> body) =>
        HttpMethods.IsPost(context.Request.Method) && !body.IsEmpty
        && (body.Span.TrimStart(" \t\r\n"u8).StartsWith("{"u8)
            || context.Request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) != true);

    /// <summary>
    /// Passes on an answer that may report the end of a job, and settles the job first. The first poll that names a customer adopts work
    /// that did not start through the gateway, if Tollgate can distinguish it from a call that is already metered.
    /// </summary>
    /// <returns>False: it is no such answer, and nothing is written.</returns>
    public async ValueTask<bool> TryPassAsync(HttpContext context, GatewayCall call, HttpResponseMessage answer, IdleTimeout idle)
    {
        var isPoll = answer.IsSuccessStatusCode && GatewayRules.IsPoll(call.Route, context.Request.Method);
        var isAdopted = call is { Job: null, Customer: not null, Route: { Api: LlmApi.FirecrawlCrawl, Job: { } id } }
            && GatewayJob.IsId(id);
        if (!isPoll || call.Job is { IsSettled: true } || (call.Job is null && !isAdopted))
        {
            return false;
        }

        if (answer.Content.Headers.ContentLength > LargestAnswer)
        {
            return false;
        }

        if (answer.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            await StreamAsync(context, call, answer, idle);
            return true;
        }

        if (await ReadWholeAsync(call, answer, idle) is not { } whole)
        {
            context.Response.Clear();
            await Problems.WriteAsync(context, ErrorCode.GatewayBusy, GatewayEndpoints.NoRoom);
            return true;
        }

        var (report, delivered) = await ReportOfAsync(call, whole);
        var settled = report.Work == WorkState.Unsaid
            ? null
            : await SettleAsync(call.Project, call.Route, call.Job ?? await AdoptAsync(call), report, delivered);
        if (settled?.Cost.Cost is { } cost)
        {
            context.Response.Headers["X-Tollgate-Cost"] = cost.ToString();
        }

        await AnswerRelay.WriteAsync(context.Response, whole, context.RequestAborted);
        return true;
    }

    /// <summary>Null: there is no memory for the answer now.</summary>
    /// <exception cref="IOException">The answer is too large or incomplete.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadWholeAsync(GatewayCall call, HttpResponseMessage answer, IdleTimeout idle)
    {
        var whole = new HeldBody(call.Memory, LargestAnswer, answer.Content.Headers.ContentLength);
        await using var body = await answer.Content.ReadAsStreamAsync(idle.Next());
        return await whole.ReadAsync(body, idle.Next) switch
        {
            BodyEnd.NoRoom => default(ReadOnlyMemory<byte>?),
            BodyEnd.TooLarge => throw new IOException($"The answer has more than {LargestAnswer} bytes."),
            _ => whole.Bytes,
        };
    }

    /// <summary>Reads an answer about the work. Returns its text too if the work is done without a reported usage.</summary>
    public static async ValueTask<(UsageReport Report, DeliveredText Delivered)> ReportOfAsync(GatewayCall call, ReadOnlyMemory<byte> whole)
    {
        using var turn = await call.Memory.TakeTurnAsync(whole.Length, CancellationToken.None);
        var report = UsageReader.Read(call.Route, whole.Span);
        return (report, IsEstimated(report) && report.Work == WorkState.Done ? DeliveredText.Of(call.Route, whole.Span) : default);
    }

    private static bool IsEstimated(UsageReport report) => !report.IsReported || report.Inconsistency is not null;

    /// <summary>Records the usage of the work if it has ended. Null: it has not ended, or the record waits for the database.</summary>
    /// <param name="delivered">The answer's text, for an estimate if the answer does not report its usage.</param>
    public async ValueTask<RecordedCall?> SettleAsync(
        ProjectSnapshot project, LlmRoute route, GatewayJob job, UsageReport report, DeliveredText delivered) =>
        report.Work is WorkState.Done or WorkState.Stopped && !job.IsSettled
            ? await later.SettleAsync(project, CallOf(job, route, report, delivered, clock.Now(project)), job.Holds, job)
            : null;

    /// <summary>Returns the same call for the same answer, so that two simultaneous polls count once.</summary>
    private static LlmCall CallOf(GatewayJob job, LlmRoute route, UsageReport report, DeliveredText delivered, Instant now)
    {
        var isStopped = report.Work == WorkState.Stopped;
        var isEstimated = !isStopped && IsEstimated(report);
        var usage = isEstimated
            ? UsageEstimate.After(route, null, delivered, report.Inconsistency is null ? report : UsageReport.Silent)
            : report.Usage;
        var isNothing = usage.Parts.All(part => part.Unit == LlmUnit.Request);
        return new()
        {
            Id = job.CallId, Customer = job.Customer, Feature = job.Feature, AttributeTo = job.AttributeTo, Provider = job.Provider,
            Upstream = job.Upstream, Model = report.Model ?? job.Model, RequestId = job.Id,

            // Firecrawl charges only for pages, and work that stopped before any usage costs nothing.
            Usage = isNothing && (isStopped || route.Api == LlmApi.FirecrawlCrawl) ? LlmUsage.None : usage,
            IsEstimated = isEstimated, ReportedCost = report.ReportedCost, UsageDifference = isEstimated ? null : report.Difference,
            ServiceTier = report.ServiceTier,
            Endpoint = job.Endpoint.Length > 255 ? job.Endpoint[..255] : job.Endpoint,
            OccurredAt = now - job.StartedAt < OldestStart ? job.StartedAt : null, Status = StatusCodes.Status200OK,
            Error = report.Error ?? (isStopped && isNothing ? "The work was stopped before it used anything." : null),
            PropertiesJson = CallMeter.PropertiesOf(report, CallEnd.Whole),
        };
    }

    private async Task<GatewayJob> AdoptAsync(GatewayCall call)
    {
        var job = JobOf(call, call.Route.Job!, [], "crawl", isSettled: false);
        return await jobs.RememberAsync(call.Project.Id, job, CancellationToken.None)
            ? job
            : await jobs.FindAsync(call.Project, job.Provider, [job.Id], CancellationToken.None) is [var known] ? known : job;
    }

    /// <summary>Relays a background response as a stream. If the caller disconnects before its end, the next poll settles it.</summary>
    private async Task StreamAsync(HttpContext context, GatewayCall call, HttpResponseMessage answer, IdleTimeout idle)
    {
        var usage = new UsageStream(call.Route);
        var chunk = ArrayPool<byte>.Shared.Rent(AnswerRelay.ChunkBytes);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(idle.Next());
            while (await body.ReadAsync(chunk, idle.Next()) is > 0 and var read)
            {
                usage.Feed(chunk.AsSpan(0, read));
                if (!call.Memory.TryKeep(usage.Held))
                {
                    usage.Drop();
                }

                await context.Response.BodyWriter.WriteAsync(chunk.AsMemory(0, read), context.RequestAborted);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        // The end of a stream has the usage of the whole, also if the caller joined it in the middle.
        if (usage.Finish() is { IsReported: true } report && call.Job is { } job)
        {
            await SettleAsync(call.Project, call.Route, job, report, default);
        }
    }
}
