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

/// <summary>How a call came to its end.</summary>
internal enum CallEnd
{
    Whole,

    /// <summary>The caller hung up before all was delivered.</summary>
    CallerLeft,

    /// <summary>The customer's budget was used up before the answer was complete.</summary>
    BudgetEnded,

    /// <summary>The upstream's connection broke, or it was silent for too long.</summary>
    Broken,
}

/// <summary>
/// The metering of one call: holds before it, holds more while a stream without a bound comes, settles with what was used. Not
/// for several threads at once.
/// </summary>
internal sealed class CallMeter(GatewayCall call, GuardLlmCalls guard, QuotaGate gate, SettleLater later, GatewayOptions options)
{
    /// <summary>A hold is extended after so long: then it lives through the longest silence that follows.</summary>
    private static readonly TimeSpan ExtendAfter = TimeSpan.FromMinutes(1);

    /// <summary>When the database could not say whether there is more, it is asked again after so long.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly List<Guid> _holds = [];
    private ExpectedCall? _expected;

    /// <summary>Output tokens that are held in all; null: as many as the request allows at most, so nothing has to be added.</summary>
    private long? _covered;
    private long _heldAt;
    private long _failedAt;

    /// <summary>The call is on record, or on its way there.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Where it is work that goes on: the id under which it is going to be on record.</summary>
    public string? JobCallId { get; private set; }

    /// <summary>Null when the call may be made; else a fault or a refusal.</summary>
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
    /// Called with everything that a stream has delivered and is about to deliver. Holds the next step when the held tokens are used up,
    /// and keeps the holds from expiring. Where the database does not answer, the stream goes on: what it uses is recorded, and
    /// the next second asks again.
    /// </summary>
    /// <returns>Null to go on; else the refusal that ends the stream.</returns>
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

    /// <summary>Called while an answer comes: keeps the holds from expiring.</summary>
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
    /// Records the call and gives back its holds. Null: it could not be recorded now, and will be; or it goes on at the provider.
    /// </summary>
    /// <param name="delivered">What the answer says as text, for an estimate.</param>
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

    /// <summary>Work that goes on, or an answer that the provider keeps; null: neither.</summary>
    private GatewayJob? JobOf(UsageReport report, int? status)
    {
        var isGoing = report.Work == WorkState.Going;
        return status is >= 200 and < 300 && GatewayRules.HasJobs(call.Route.Api) && report.ResponseId is { } id && GatewayJob.IsId(id)
            && (isGoing || report.IsKept)
            ? ProviderJobs.JobOf(call, id, isGoing ? _holds : [], With(LlmUsage.None).Model, isSettled: !isGoing)
            : null;
    }

    /// <summary>Nothing came of the call: what was held is given back, and the log has it.</summary>
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
