using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Http;
using Tollgate.Core.Costs;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Money;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Costs;

/// <summary><c>/v1/sla-targets</c>: the latencies and error rates that a project accepts, which the reports on calls compare.</summary>
internal static class SlaEndpoints
{
    private const int LongestProvider = 100;

    private const int LongestModel = 255;

    public static void Map(IEndpointRouteBuilder app)
    {
        var targets = app.ServiceProvider.GetRequiredService<SlaTargets>();
        app.MapGet("/v1/sla-targets", (RequestDelegate)(context => ShowAsync(context, targets)))
            .RequireKey(Access.Secret, Scope.SettingsRead).Describe(CostDescriptions.SlaTargets);
        app.MapPut("/v1/sla-targets", context => ReplaceAsync(context, targets))
            .RequireKey(Access.Secret, Scope.SettingsWrite).Describe(CostDescriptions.SetSlaTargets);
    }

    private static async Task ShowAsync(HttpContext context, SlaTargets targets)
    {
        var list = await targets.ListAsync(context.Project(), context.RequestAborted);
        await Answer.Json(
            context, StatusCodes.Status200OK, new SlaTargetsBody { Targets = [.. list.Select(BodyOf)] }, WireJson.Default.SlaTargetsBody);
    }

    private static async Task ReplaceAsync(HttpContext context, SlaTargets targets)
    {
        if (await Body.ReadAsync(context, WireJson.Default.SlaTargetsBody) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var list = TargetsOf(body.Targets, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await targets.ReplaceAsync(context.Project(), list, context.RequestAborted);
        await ShowAsync(context, targets);
    }

    private static IReadOnlyList<SlaTarget> TargetsOf(IReadOnlyList<SlaTargetBody>? bodies, Faults faults)
    {
        if (!faults.Required(bodies, "targets"))
        {
            return [];
        }

        if (bodies!.Count > SlaTargets.Most)
        {
            faults.Add("targets", FaultCode.TooLong, $"At most {SlaTargets.Most} targets are accepted; {bodies.Count} were sent.");
            return [];
        }

        var (list, seen) = (new List<SlaTarget>(), new HashSet<(string, string?)>());
        for (var i = 0; i < bodies.Count; i++)
        {
            var (one, at) = (bodies[i], $"targets[{i}]");
            faults.Required(one.Provider, $"{at}.provider");
            faults.Text(one.Provider, $"{at}.provider", LongestProvider);
            faults.Text(one.Model, $"{at}.model", LongestModel);
            var target = new SlaTarget(
                LlmRoutes.ProviderOf(one.Provider, null), one.Model, Latency(one.P50Ms, $"{at}.p50_ms", faults),
                Latency(one.P95Ms, $"{at}.p95_ms", faults), Latency(one.P99Ms, $"{at}.p99_ms", faults),
                Number(one.ErrorRate, $"{at}.error_rate", 0, 1, SlaTarget.RateDecimals, faults));
            if (one is { P50Ms: null, P95Ms: null, P99Ms: null, ErrorRate: null })
            {
                faults.Add(at, FaultCode.Required, "p50_ms, p95_ms, p99_ms or error_rate is required.");
            }

            if (one.Provider is not null && !seen.Add((target.Provider, target.Model)))
            {
                faults.Add(at, FaultCode.InvalidValue, $"The list has another target of {target.Model ?? target.Provider}.");
            }

            list.Add(target);
        }

        return list;
    }

    private static Quantity? Latency(decimal? value, string param, Faults faults) =>
        Number(value, param, 0.001m, SlaTarget.MostMilliseconds, SlaTarget.LatencyDecimals, faults);

    private static Quantity? Number(decimal? value, string param, decimal least, decimal most, int decimals, Faults faults)
    {
        if (value is not { } number)
        {
            return null;
        }

        if (number >= least && number <= most && decimal.Round(number, decimals) == number)
        {
            return Quantity.Of(number);
        }

        faults.Add(
            param, FaultCode.OutOfRange,
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"A number from {least} to {most} with at most {decimals} decimals is expected; {number} was sent."));
        return null;
    }

    private static SlaTargetBody BodyOf(SlaTarget target) => new()
    {
        Provider = target.Provider, Model = target.Model, P50Ms = target.P50?.Value, P95Ms = target.P95?.Value,
        P99Ms = target.P99?.Value, ErrorRate = target.ErrorRate?.Value,
    };
}
