using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Quotas;

namespace Tollgate.Server.Gateway;

/// <summary>The end of a call.</summary>
internal enum CallEnd
{
    Whole,

    /// <summary>The caller disconnected before it had the whole answer.</summary>
    CallerLeft,

    /// <summary>The customer's budget was used up before the answer was complete.</summary>
    BudgetEnded,

    /// <summary>The upstream's connection broke, or it was silent for too long.</summary>
    Broken,
}

/// <summary>
/// The metering of one call: it holds units before the call, holds more during a stream without a bound, and settles with the usage. Not
/// thread-safe.
/// </summary>
internal sealed class CallMeter(GatewayCall call, GuardLlmCalls guard, QuotaGate gate, SettleLater later, GatewayOptions options)
{
    /// <summary>The age at which a hold is extended, so that it outlives the longest silence that may follow.</summary>
    private static readonly TimeSpan ExtendAfter = TimeSpan.FromMinutes(1);

    /// <summary>The time until the next attempt after the database did not answer.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly List<Guid> _holds = [];
    private ExpectedCall? _expected;

    /// <summary>The held output tokens; null: the request has a bound, which is held in full.</summary>
    private long? _covered;
    private long _heldAt;
    private long _failedAt;

    /// <summary>True if the call is recorded or will be.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>For work that continues at the provider: the id of its future record.</summary>
    public string? JobCallId { get; private set; }

    /// <summary>Holds units for the call. Null: the call is allowed; else a fault or a refusal.</summary>
    public async ValueTask<GateAnswer?> ReserveAsync(CancellationToken cancel)
    {
        var ask = call.Ask!;
        var tokens = ask.MaxOutputTokens ?? (ask.IsStream ? GatewayRules.StepTokens : GatewayRules.AssumedOutputTokens);
        _covered = ask.MaxOutputTokens is null && ask.IsStream ? tokens * ask.Answers : null;
        _expected = new(With(UsageEstimate.Before(call.Route, ask, tokens)), call.Route, ask);
        var answer = await guard.ReserveAsync(call.Project, _expected, options.HoldTime, cancel);
        return Take(answer) ? null : answer;
    }

    /// <summary>
    /// Takes everything that a stream has delivered and is about to deliver. Holds the next step when the held tokens are used up, and
    /// extends the holds. If the database does not answer, the stream continues: its usage is recorded, and the meter retries a second
    /// later.
    /// </summary>
    /// <returns>Null: the stream continues; else the refusal that ends it.</returns>
    public async ValueTask<GateAnswer?> CoverAsync(DeliveredText delivered, CancellationToken cancel)
    {
        if (_holds.Count == 0 || IsSoonAfter(_failedAt, RetryAfter))
        {
            return null;
        }

        while (_covered < UsageEstimate.Tokens(delivered, call.Route, call.Ask!.Model))
        {
            var answer = await guard.GrowAsync(call.Project, _expected!, GatewayRules.StepTokens, options.HoldTime, cancel);
            if (!Take(answer))
            {
                _failedAt = Stopwatch.GetTimestamp();
                return answer.Fault == GateFault.None ? answer : null;
            }

            _covered += GatewayRules.StepTokens;
        }

        await KeepAsync(cancel);
        return null;
    }

    /// <summary>Extends the holds while an answer arrives.</summary>
    public async ValueTask KeepAsync(CancellationToken cancel)
    {
        if (_holds.Count == 0 || IsSoonAfter(_heldAt, ExtendAfter) || IsSoonAfter(_failedAt, RetryAfter))
        {
            return;
        }

        foreach (var hold in _holds)
        {
            if (await gate.ExtendAsync(
                call.Project, hold.ToString("D"), call.Customer, options.HoldTime, cancel) is { Fault: not GateFault.None })
            {
                _failedAt = Stopwatch.GetTimestamp();
                return;
            }
        }

        _heldAt = Stopwatch.GetTimestamp();
    }

    private static bool IsSoonAfter(long moment, TimeSpan time) => moment != 0 && Stopwatch.GetElapsedTime(moment) < time;

    /// <summary>
    /// Records the call and releases its holds. Null: the record waits for the database, or the work continues at the provider.
    /// </summary>
    /// <param name="delivered">The text of the answer, for an estimate.</param>
    public async ValueTask<RecordedCall?> SettleAsync(UsageReport report, DeliveredText delivered, int? status, string? error, CallEnd end)
    {
        var job = JobOf(report, status);
        if (job is { IsSettled: false })
        {
            (IsSettled, JobCallId) = (true, job.CallId);
            await later.RememberAsync(call.Project, job);
            return null;
        }

        var isEstimated = !report.IsReported || report.IsPartial || report.Inconsistency is not null;
        var usage = isEstimated
            ? UsageEstimate.After(call.Route, call.Ask!, delivered, report.Inconsistency is null ? report : UsageReport.Silent)
            : report.Usage;
        var happened = With(usage) with
        {
            Model = report.Model ?? With(usage).Model, RequestedModel = With(usage).Model, IsEstimated = isEstimated,
            ReportedCost = report.ReportedCost,
            UsageDifference = isEstimated ? null : report.Difference, ServiceTier = report.ServiceTier,
            RequestId = Short(report.ResponseId, 255),
            LatencyMilliseconds = call.Milliseconds, Status = status, Error = Short(error ?? report.Error, 2_000),
            PropertiesJson = PropertiesOf(report, end),
        };
        IsSettled = true;
        return await later.SettleAsync(call.Project, happened, _holds, job);
    }

    /// <summary>Work that continues, or an answer that the provider stores; null: neither.</summary>
    private GatewayJob? JobOf(UsageReport report, int? status)
    {
        var isGoing = report.Work == WorkState.Going;
        return status is >= 200 and < 300 && GatewayRules.HasJobs(call.Route.Api) && report.ResponseId is { } id && GatewayJob.IsId(id)
            && (isGoing || report.IsKept)
            ? ProviderJobs.JobOf(call, id, isGoing ? _holds : [], With(LlmUsage.None).Model, isSettled: !isGoing)
            : null;
    }

    /// <summary>Records a failed call without usage and releases its holds.</summary>
    public ValueTask<RecordedCall?> FailAsync(ErrorCode failure)
    {
        IsSettled = true;
        return later.SettleAsync(
            call.Project,
            With(LlmUsage.None) with { LatencyMilliseconds = call.Milliseconds, Status = failure.Status, Error = failure.Title }, _holds);
    }

    private bool Take(GateAnswer answer)
    {
        if (answer.Fault != GateFault.None || answer.Decision is { Allowed: false })
        {
            return false;
        }

        if (answer.Id is { } hold)
        {
            _holds.Add(Guid.Parse(hold, CultureInfo.InvariantCulture));
            _heldAt = Stopwatch.GetTimestamp();
        }

        return true;
    }

    private LlmCall With(LlmUsage usage) => new()
    {
        Id = call.Id.ToString("D"), Customer = call.Customer!, Feature = call.Feature, AttributeTo = call.AttributeTo,
        Provider = call.Route.Provider,
        Upstream = call.Home.Provider, Usage = usage,
        Model = GatewayRules.NameOf(call.Route, call.Ask!, call.Path), Endpoint = Short(call.Path, 255), OccurredAt = call.StartedAt,
    };

    private static string? Short(string? text, int longest) => text is null ? null : WellFormed.Cut(text, longest);

    internal static string? PropertiesOf(UsageReport report, CallEnd end)
    {
        if (end is CallEnd.Whole or CallEnd.Broken && report.Inconsistency is null)
        {
            return null;
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (end is CallEnd.CallerLeft or CallEnd.BudgetEnded)
            {
                json.WriteString("ended_by", end == CallEnd.CallerLeft ? "caller" : "budget");
            }

            if (report.Inconsistency is { } doubt)
            {
                json.WriteString("usage_doubt", doubt);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
