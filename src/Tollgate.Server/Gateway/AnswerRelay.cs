using System.Buffers;
using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Passes the upstream's answer to the caller and reads its usage. It settles JSON in one piece before it answers, and a stream before the
/// stream ends. Either way the call is on disk when the caller has the whole answer.
/// </summary>
internal sealed class AnswerRelay(HttpContext context, GatewayCall call, CallMeter meter, HttpResponseMessage answer, IdleTimeout idle)
{
    public const int ChunkBytes = 32 * 1024;

    /// <summary>
    /// The most bytes of an answer that the relay buffers: a few images. It streams a longer answer, and estimates its usage.
    /// </summary>
    public const int LargestWhole = 32 * 1024 * 1024;

    /// <summary>
    /// The most bytes that the relay reads after the caller has disconnected or its budget has ended, to get the usage at the end: 128,000
    /// tokens in chunks of 300 bytes. Beyond that it estimates the usage.
    /// </summary>
    private const long MostUnread = 64 * 1024 * 1024;

    /// <summary>The longest time of that reading: models think and write for minutes.</summary>
    public static readonly TimeSpan UnreadTime = TimeSpan.FromMinutes(15);

    private const string CostHeader = "X-Tollgate-Cost";
    private const string RemainingHeader = "X-Tollgate-Remaining";
    private const string CallHeader = "X-Tollgate-Call";

    private readonly HttpResponse _to = context.Response;
    private readonly byte[] _chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);

    private int Status => (int)answer.StatusCode;

    /// <summary>
    /// True if the answer is compressed, contrary to the call's Accept-Encoding. The relay passes it unchanged and estimates the usage.
    /// </summary>
    private bool IsCompressed =>
        answer.Content.Headers.ContentEncoding.Any(static coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase));

    private string? ContentType => answer.Content.Headers.ContentType?.MediaType;

    public async Task RunAsync()
    {
        try
        {
            Forwarder.CopyHead(answer, _to);
            _to.Headers[CallHeader] = call.Id.ToString("D");
            await using var body = await answer.Content.ReadAsStreamAsync(CancellationToken.None);
            await (IsWhole() ? WholeAsync(body) : StreamAsync(body));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_chunk);
        }
    }

    /// <summary>HTTP gives these answers no body, and this server refuses to send one. An upstream may send a body all the same.</summary>
    public static bool HasNoBody(int status) =>
        status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified;

    /// <summary>True if a connection broke or was silent.</summary>
    public static bool IsOfTransport(Exception e) => e is IOException or HttpRequestException or OperationCanceledException;

    /// <summary>Writes in pieces, so that a slow caller does not cause a second copy in memory.</summary>
    public static async Task WriteAsync(HttpResponse to, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        if (HasNoBody(to.StatusCode))
        {
            return;
        }

        for (; bytes.Length > ChunkBytes; bytes = bytes[ChunkBytes..])
        {
            await to.BodyWriter.WriteAsync(bytes[..ChunkBytes], cancel);
        }

        to.BodyWriter.Write(bytes.Span);
    }

    private bool IsWhole() => Status >= 300 || HasNoBody(Status)
        || (ContentType is { } type && type.EndsWith("json", StringComparison.OrdinalIgnoreCase)
            && !type.Contains("ndjson", StringComparison.OrdinalIgnoreCase) && !call.Ask!.IsStream);

    private async Task WholeAsync(Stream body)
    {
        var whole = new HeldBody(call.Memory, LargestWhole, answer.Content.Headers.ContentLength);
        try
        {
            while (!HasNoBody(Status) && await body.ReadAsync(_chunk, idle.Next()) is > 0 and var read)
            {
                if (whole.Add(_chunk.AsSpan(0, read)) != BodyEnd.Whole)
                {
                    await StreamAsync(body, whole.Bytes, _chunk.AsSpan(0, read).ToArray());
                    return;
                }

                await meter.KeepAsync(CancellationToken.None);
            }
        }
        catch (Exception e) when (IsOfTransport(e))
        {
            var failure = idle.IsOver ? ErrorCode.UpstreamTimeout : ErrorCode.UpstreamUnreachable;
            await meter.FailAsync(failure);
            _to.Clear();
            await Problems.WriteAsync(context, failure);
            return;
        }

        // A redirect is no work of the provider; the relay passes it on, and it costs nothing.
        var (report, delivered) = Status is >= 300 and < 400
            ? (new UsageReport { IsReported = true, Error = $"The provider answered {Status}, a redirect." }, default)
            : await ReportOfAsync(whole.Bytes);
        var settled = await meter.SettleAsync(report, delivered, Status, null, CallEnd.Whole);
        _to.Headers[CallHeader] = meter.JobCallId ?? call.Id.ToString("D");
        foreach (var (name, value) in HeadersOf(settled))
        {
            _to.Headers[name] = value;
        }

        _to.ContentLength = HasNoBody(Status) ? null : whole.Bytes.Length;
        await WriteAsync(_to, whole.Bytes, CancellationToken.None);
    }

    /// <summary>The gateway records the call whether its caller waits or not.</summary>
    private async ValueTask<(UsageReport Report, DeliveredText Delivered)> ReportOfAsync(ReadOnlyMemory<byte> whole)
    {
        using var turn = await call.Memory.TakeTurnAsync(whole.Length, CancellationToken.None);
        var report = WithHeaders(UsageReader.Read(call.Route, whole.Span, Status));
        return (report, report.IsReported && report.Inconsistency is null ? default : DeliveredText.Of(call.Route, whole.Span));
    }

    /// <param name="before">Bytes of the answer that were read already.</param>
    private async Task StreamAsync(Stream body, params ReadOnlyMemory<byte>[] before)
    {
        var usage = new UsageStream(call.Route);
        var (end, error) = await PassAsync(body, before, usage);
        var report = WithHeaders(usage.Finish());
        await meter.SettleAsync(report, usage.Text, Status, error, end);
        if (end == CallEnd.Broken)
        {
            // Aborts, as the upstream did: a proper end would make half an answer look complete.
            context.Abort();
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync(Stream body, ReadOnlyMemory<byte>[] before)
    {
        foreach (var part in before)
        {
            for (var rest = part; !rest.IsEmpty; rest = rest[Math.Min(ChunkBytes, rest.Length)..])
            {
                yield return rest[..Math.Min(ChunkBytes, rest.Length)];
            }
        }

        while (await body.ReadAsync(_chunk, idle.Next()) is > 0 and var read)
        {
            yield return _chunk.AsMemory(0, read);
        }
    }

    private async Task<(CallEnd End, string? Error)> PassAsync(Stream body, ReadOnlyMemory<byte>[] before, UsageStream usage)
    {
        // Sends only whole events, so that an early end never falls within one.
        var isEvents = string.Equals(ContentType, "text/event-stream", StringComparison.OrdinalIgnoreCase);
        var filter = !IsCompressed && (isEvents || call.HidesUsage) ? new UsageChunkFilter(call.HidesUsage) : null;
        var isText = !IsCompressed
            && (ContentType is not { } type
                || !type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase)
                && !type.StartsWith("image/", StringComparison.OrdinalIgnoreCase));

        // Sends the head at once, so that a caller that waits for the first word knows that the model works.
        var (hasLeft, hasBudgetEnded, unread) = (await HasLeftAsync(), false, 0L);
        if (hasLeft && !call.IsSeenThrough)
        {
            return (CallEnd.CallerLeft, null);
        }

        try
        {
            await foreach (var chunk in PiecesAsync(body, before))
            {
                if (isText)
                {
                    Feed(usage, hasBudgetEnded ? null : filter, chunk.Span);
                }

                if (!hasBudgetEnded && await meter.CoverAsync(usage.Text, CancellationToken.None) is { } refusal)
                {
                    await EndEarlyAsync(refusal);
                    idle.EndWithin(UnreadTime);
                    hasBudgetEnded = true;
                }

                hasLeft = hasLeft || (!hasBudgetEnded && await HandOnAsync(chunk, filter));
                unread += hasLeft || hasBudgetEnded ? chunk.Length : 0;
                if (call.IsSeenThrough ? unread > MostUnread : unread > 0)
                {
                    break;
                }
            }

            if (hasBudgetEnded || hasLeft)
            {
                return (hasBudgetEnded ? CallEnd.BudgetEnded : CallEnd.CallerLeft, null);
            }

            filter?.Finish(_to.BodyWriter);
            return (CallEnd.Whole, null);
        }
        catch (Exception e) when (IsOfTransport(e))
        {
            return hasBudgetEnded ? (CallEnd.BudgetEnded, null)
                : context.RequestAborted.IsCancellationRequested ? (CallEnd.CallerLeft, null)
                : (CallEnd.Broken, idle.IsOver ? "The provider sent nothing for too long." : "The provider's connection broke.");
        }
    }

    /// <summary>Reads the usage of a chunk. If the budget has no memory for an event, it drops the event.</summary>
    private void Feed(UsageStream usage, UsageChunkFilter? filter, ReadOnlySpan<byte> chunk)
    {
        usage.Feed(chunk);
        if (!call.Memory.TryKeep(usage.Held + (filter?.Held ?? 0)))
        {
            usage.Drop();
            filter?.GiveUp(_to.BodyWriter);
        }
    }

    /// <returns>True: the caller has disconnected.</returns>
    private Task<bool> HandOnAsync(ReadOnlyMemory<byte> chunk, UsageChunkFilter? filter)
    {
        if (filter is null)
        {
            _to.BodyWriter.Write(chunk.Span);
        }
        else
        {
            filter.Feed(chunk.Span, _to.BodyWriter);
        }

        return HasLeftAsync();
    }

    /// <summary>Flushes the output. True: the caller has disconnected.</summary>
    private async Task<bool> HasLeftAsync()
    {
        try
        {
            return (await _to.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted || context.RequestAborted.IsCancellationRequested;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return true;
        }
    }

    private async Task EndEarlyAsync(GateAnswer refusal)
    {
        var problem = refusal.Decision is { Allowed: false } decision
            ? GateAnswers.RefusalOf(OutcomeMap.Code(decision.Outcome)!, call.Project, call.Customer, decision, PublicAddress.Find(context))
            : Problem.Of(OutcomeMap.Code(refusal.Fault)!);
        var last = ProviderErrors.EndOf(call.Route, ContentType, problem with { RequestId = context.RequestId() });
        if (last.IsEmpty)
        {
            context.Abort();
            return;
        }

        await _to.BodyWriter.WriteAsync(last, CancellationToken.None);
    }

    private UsageReport WithHeaders(UsageReport report) =>
        IsCompressed && report.Error is null
            ? report with { Inconsistency = "The provider compressed its answer, which the call did not allow." }
        : call.Route.Api == LlmApi.BedrockInvoke
        ? UsageReader.WithBedrockHeaders(report, name => answer.Headers.TryGetValues(name, out var values) ? values.First() : null)
        : report;

    private IEnumerable<(string Name, string Value)> HeadersOf(RecordedCall? settled)
    {
        if (settled?.Cost.Cost is { } cost)
        {
            yield return (CostHeader, cost.ToString());
        }

        // A dictionary of structured fields (RFC 9651): cost=0.42, tokens=99000.
        var left = (settled?.Answer.Decision?.Standings ?? []).Where(standing => standing.Remaining is not null)
            .Select(standing =>
                string.Create(
                    CultureInfo.InvariantCulture, $"{call.Project.Catalog.FeatureOf(standing.FeatureKey).Code}={standing.Remaining}"));
        if (string.Join(", ", left) is { Length: > 0 } remaining)
        {
            yield return (RemainingHeader, remaining);
        }
    }
}
