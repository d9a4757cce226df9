using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>The data about requests that operators see: over OTLP, in <c>/metrics</c> and in the log.</summary>
public sealed class TelemetryTests(TelemetryHost host) : IClassFixture<TelemetryHost>
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public async Task Spans_and_metrics_over_OTLP_name_the_service_and_the_route_and_no_customer()
    {
        var (server, collector) = (host.Server, host.Collector);
        using var client = server.ClientFor("resume-ats");
        using var answer = await client.GetAsync(new Uri("/v1/customers/somebody-known/usage?secret=hush", UriKind.Relative), Cancel);

        await Eventually.UntilAsync(() => collector.Traces.Contains("GET /v1/customers/{id}/usage", StringComparison.Ordinal));
        await Eventually.UntilAsync(() => collector.Metrics.Contains("/v1/customers/{id}/usage", StringComparison.Ordinal));
        collector.Traces.ShouldContain("http.response.status_code");
        collector.Metrics.ShouldContain("http.server.request.duration");
        foreach (var told in new[] { collector.Traces, collector.Metrics })
        {
            told.ShouldContain("service.name");
            told.ShouldContain("tollgate");
            told.ShouldContain("service.version");
            told.ShouldContain($":{server.Port}");
            told.ShouldContain("deployment.environment");
            told.ShouldNotContain("unknown_service");
            told.ShouldNotContain("somebody-known");
            told.ShouldNotContain("hush");
        }
    }

    [Fact]
    public async Task Requests_are_counted_and_timed_by_route_method_and_class_of_status()
    {
        var server = host.Server;
        using var client = server.ClientFor("resume-ats");
        foreach (var path in new[] { "/v1/customers/a", "/v1/customers/b%2Fc", "/nowhere/at/all", "/wp-admin.php", "/v1/plans" })
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        }

        using var brew = await client.SendAsync(new(new("BREW"), new Uri("/nowhere/either", UriKind.Relative)), Cancel);
        using var empty = await client.PostAsJsonAsync("/v1/consume", new JsonObject(), Cancel);
        var text = await MetricsAsync(server);

        Count(text, "GET", "/v1/customers/{id}", "4xx").ShouldBe(2, text);
        Count(text, "GET", "/v1/plans", "2xx").ShouldBe(1);
        Count(text, "POST", "/v1/consume", "4xx").ShouldBe(1);
        Count(text, "GET", "unmatched", "4xx").ShouldBe(2);
        Count(text, "other", "unmatched", "4xx").ShouldBe(1);
        text.ShouldNotContain("wp-admin");
        text.ShouldContain("""tollgate_http_request_duration_seconds_bucket{method="GET",route="/v1/plans",status="2xx",le="+Inf"} 1""");
    }

    [Fact]
    public async Task Each_line_of_the_log_within_a_request_names_the_request_its_project_and_its_trace()
    {
        var server = host.Server;
        using var client = server.ClientFor("resume-ats");
        using var call = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/llm-calls", UriKind.Relative))
        {
            Content = JsonContent.Create(
                JsonNode.Parse(
                    """{"customer": "hidden-name", "provider": "openai", "model": "model-of-nobody", "input_tokens": 1, "output_tokens": 1}""")),
        };
        call.Headers.Add("X-Request-Id", "request-of-the-proof");
        call.Headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        using var answer = await client.SendAsync(call, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.UntilAsync(() => server.Log.Contains("model-of-nobody", StringComparison.Ordinal));
        var line = JsonNode.Parse(server.Log.Split('\n').First(static line => line.Contains("model-of-nobody", StringComparison.Ordinal)))!;
        ((string?)line["request_id"]).ShouldBe("request-of-the-proof");
        ((string?)line["project"]).ShouldBe("resume-ats");
        ((string?)line["trace_id"]).ShouldBe(TraceId);
        server.Log.ShouldNotContain("hidden-name");
    }

    [Fact]
    public async Task Forged_webhooks_are_counted_and_logged_without_their_bodies()
    {
        using var forged = await host.Server.Http.PostAsJsonAsync("/v1/webhooks/stripe", new JsonObject { ["id"] = "evt_hidden" }, Cancel);

        (await MetricsAsync(host.Server)).ShouldContain("""tollgate_inbox_refused_total{provider="stripe",reason="forged"} 1""");
        await Eventually.UntilAsync(() => host.Server.Log.Contains("Security: a webhook for stripe", StringComparison.Ordinal));
        host.Server.Log.ShouldNotContain("evt_hidden");
    }

    [Fact]
    public async Task The_dashboard_asks_only_for_metrics_that_the_server_has()
    {
        var told = Regex.Matches(await MetricsAsync(host.Server), "(?m)^# TYPE (\\S+) (\\S+)$")
            .SelectMany(static match => match.Groups[2].Value == "histogram"
                ? (string[])[match.Groups[1].Value + "_bucket", match.Groups[1].Value + "_count"]
                : [match.Groups[1].Value])
            .ToHashSet(StringComparer.Ordinal);
        var text = await File.ReadAllTextAsync(Path.Combine(ServerProcess.Root, "docs", "operating", "grafana.json"), Cancel);
        var queries = JsonNode.Parse(text)!["panels"]!.AsArray()
            .SelectMany(static panel => panel!["targets"]?.AsArray().Select(static target => target!["expr"]!.GetValue<string>()) ?? [])
            .ToList();

        queries.Count.ShouldBeGreaterThan(20);
        queries.SelectMany(static query => Regex.Matches(query, "(?:tollgate|db)_[a-z_]+")).Select(static match => match.Value)
            .Where(name => !told.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_page_of_metrics_lists_what_the_server_says_and_nothing_else()
    {
        var server = host.Server;
        var told = Regex.Matches(await MetricsAsync(server), "(?m)^# TYPE (\\S+) (\\S+)$")
            .Select(static match => (Name: match.Groups[1].Value, Type: match.Groups[2].Value)).ToList();
        var page = await File.ReadAllTextAsync(Path.Combine(ServerProcess.Root, "docs", "reference", "metrics.md"), Cancel);
        var listed = Regex.Matches(page, "(?m)^\\| `([a-z_]+)` \\|.*$")
            .Select(static match => (Name: match.Groups[1].Value, Line: match.Value)).ToList();

        told.Select(static one => one.Name).Except(listed.Select(static one => one.Name))
            .ShouldBeEmpty("add them to docs/reference/metrics.md");
        listed.Select(static one => one.Name).Except(told.Select(static one => one.Name)).ShouldBeEmpty("/metrics does not have them");
        foreach (var (name, type) in told)
        {
            listed.Single(one => one.Name == name).Line.ShouldContain(type);
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<string> MetricsAsync(TestServer server)
    {
        using var admin = server.NewClient(server.AdminKey);
        return await admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
    }

    private static long Count(string text, string method, string route, string status) => long.Parse(
        Regex.Match(
            text,
            $$"""(?m)^tollgate_http_request_duration_seconds_count\{method="{{method}}",route="{{Regex.Escape(route)}}",status="{{status}}"\} (\d+)$""") is { Success: true } match
            ? match.Groups[1].Value : "0", CultureInfo.InvariantCulture);
}

/// <summary>A server that sends its telemetry to a collector.</summary>
public sealed class TelemetryHost(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestServer? _server;
    private Collector? _collector;

    public TestServer Server => _server!;

    public Collector Collector => _collector!;

    public async ValueTask InitializeAsync()
    {
        _collector = await Collector.StartAsync();
        _database = await postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(_database.ConnectionString, environment: new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Collector.Url,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=proof",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in new IAsyncDisposable?[] { _server, _database, _collector })
        {
            if (one is not null)
            {
                await one.DisposeAsync();
            }
        }
    }
}

/// <summary>Receives an exporter's data. Text appears unchanged in protobuf.</summary>
public sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _traces = new();
    private readonly ConcurrentQueue<string> _metrics = new();

    private Collector(WebApplication app)
    {
        _app = app;
        app.MapPost("/v1/traces", (RequestDelegate)(context => TakeAsync(context, _traces)));
        app.MapPost("/v1/metrics", (RequestDelegate)(context => TakeAsync(context, _metrics)));
    }

    public string Url => _app.Urls.Single();

    public string Traces => string.Join('\n', _traces);

    public string Metrics => string.Join('\n', _metrics);

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task TakeAsync(HttpContext context, ConcurrentQueue<string> into)
    {
        using var body = new StreamReader(context.Request.Body, Encoding.Latin1);
        into.Enqueue(await body.ReadToEndAsync(context.RequestAborted));
    }
}
