using Tollgate.Contracts.Hosting;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it can decide, because the database answers, has this server's schema,
/// and its clock agrees with the server's. Both need no key: they reveal no secrets, and load balancers have no key.
/// </summary>
internal static class HealthEndpoints
{
    private const string ReadyExample = """
        {
          "status": "ready",
          "checks": {
            "database": {"status": "ok", "latency_ms": 0.4},
            "migrations": {"status": "ok", "version": 2, "expected": 2},
            "clock": {"status": "ok", "skew_ms": 0}
          }
        }
        """;

    public static void Map(WebApplication app)
    {
        app.MapGet("/health/live", () => TypedResults.Json(new LiveAnswer("live"), WireJson.Default.LiveAnswer))
            .OpenToAll("Load balancers have no key.")
            .Describe(
                new("Health", "Check that the process runs",
                    "Returns 200 as long as the process runs. It checks neither the database nor anything else.")
            {
                Answers = [Example.Of<LiveAnswer>(200, "It does.", """{"status": "live"}""")],
            });
        var check = new ReadyCheck(app.Services.GetRequiredService<Database>(), app.Services.GetRequiredService<ServerPresence>());
        app.MapGet("/health/ready", async (HttpContext context, CancellationToken cancel) =>
            {
                var answer = await check.AskAsync().WaitAsync(cancel);
                var ready = answer.Status == "ready";
                if (!ready)
                {
                    context.Response.Headers.RetryAfter = "2";
                }

                return TypedResults.Json(answer, WireJson.Default.ReadyAnswer, statusCode: ready ? 200 : 503);
            })
            .OpenToAll("Load balancers have no key.")
            .Describe(
                new("Health", "Check that the server can decide",
                    "Checks the database, its schema and its clock, at most once a second. Returns 503 with the same body if the server "
                        + "cannot decide.")
            {
                Answers =
                [
                    Example.Of<ReadyAnswer>(200, "It can.", ReadyExample),
                    Example.Of<ReadyAnswer>(
                        503, "The server cannot decide now.", ReadyExample.Replace("\"ready\"", "\"not_ready\"", StringComparison.Ordinal)),
                ],
            });
    }
}
