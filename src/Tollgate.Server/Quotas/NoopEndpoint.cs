using Tollgate.Contracts.Http;
using Tollgate.Contracts.Quotas;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Quotas;

/// <summary>
/// The baseline of benchmarks: the same authentication and bodies as a decision, without the decision. Mapped only with
/// <c>TOLLGATE_BENCH=1</c> in the environment.
/// </summary>
internal static class NoopEndpoint
{
    private static readonly ConsumedView Fixed = new()
    {
        Allowed = true, Reason = "within_quota", Feature = "noop", Plan = "free", Limit = 1_000_000, Used = 1, Held = 0,
        Remaining = 999_999,
        ResetsAt = DateTimeOffset.UnixEpoch.AddYears(60), Id = "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", Replayed = false,
    };

    public static void MapWhenMeasuring(IEndpointRouteBuilder app)
    {
        if (Environment.GetEnvironmentVariable("TOLLGATE_BENCH") != "1")
        {
            return;
        }

        app.MapPost("/v1/noop", async context =>
            {
                if (await Body.ReadAsync(context, WireJson.Default.ConsumeRequest) is not null)
                {
                    await Answer.Json(context, StatusCodes.Status200OK, Fixed, WireJson.Default.ConsumedView);
                }
            })
            .RequireKey(Access.Secret, Scope.GateWrite).WithOwnIdempotency().WithLoad(Load.Light)
            .Describe(new("Bench", "Do nothing", "Only while measuring.")
            {
                Request = Example.Of<ConsumeRequest>("""{"customer": "user_42", "feature": "noop"}"""),
                Answers = [Example.Nothing("A fixed decision")],
            });
    }
}
