using Tollgate.Server.Http;

namespace Tollgate.Server.Tests.Http;

/// <summary>An operation that takes seconds of a core or of PostgreSQL is marked as heavy, or has a limit of its own.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class EndpointLoadTests(RunningServer server)
{
    [Fact]
    public async Task Every_analysis_and_every_file_is_heavy_or_has_places_of_its_own()
    {
        var loads = await MappedEndpoints.LookAsync(server, static (endpoints, _) => endpoints
            .Select(static endpoint =>
                (Path: "/" + endpoint.RoutePattern.RawText!.TrimStart('/'), endpoint.Metadata.GetMetadata<LoadOf>()?.Load))
            .Where(static one => IsLarge(one.Path)).ToList());

        loads.Count.ShouldBeGreaterThanOrEqualTo(20);
        loads.Where(static one => one.Load is not (Load.Heavy or Load.Own)).ShouldBeEmpty();
        loads.Where(static one => one.Load == Load.Own).Select(static one => one.Path)
            .ShouldBe(
            [
                "/v1/events.csv", "/v1/llm-calls.csv", "/v1/customers.csv", "/v1/invoices.csv", "/v1/billing/late-usage.csv",
                "/v1/payments.csv", "/v1/subscriptions.csv", "/v1/alerts.csv", "/v1/customers/{id}/export",
            ], ignoreOrder: true);
    }

    private static bool IsLarge(string path) =>
        path.StartsWith("/v1/analytics/", StringComparison.Ordinal) || path.StartsWith("/admin/stats/", StringComparison.Ordinal)
        || (path.StartsWith("/v1/", StringComparison.Ordinal)
            && (path.EndsWith(".csv", StringComparison.Ordinal) || path.EndsWith(".pdf", StringComparison.Ordinal)
                || path.EndsWith("/export", StringComparison.Ordinal)));
}
