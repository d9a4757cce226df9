using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Metrics in Prometheus' format at <c>/metrics</c>, for the admin key; and metrics and traces over OTLP when
/// OTEL_EXPORTER_OTLP_ENDPOINT is set (the standard OTEL_ variables configure it).
/// </summary>
internal static class Telemetry
{
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Service = "tollgate";

    private static readonly string Version = typeof(Telemetry).Assembly.GetName().Version?.ToString(3) ?? "0";

    public static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<PrometheusText>();
        services.AddHostedService<OtlpExport>();
    }

    public static void Map(WebApplication app)
    {
        // Creates it now, because it would miss everything before the first scrape.
        var metrics = app.Services.GetRequiredService<PrometheusText>();
        app.Services.GetRequiredService<FairShare>().Start();
        app.MapGet("/metrics", () => TypedResults.Text(metrics.Scrape(), PrometheusText.ContentType))
            .RequireKey(Access.Admin, Scope.None)
            .Describe(
                new("Health", "Read the metrics",
                    "Counters, gauges and histograms of this server in Prometheus' text format. The scraper sends the admin key as bearer "
                        + "token.")
            {
                Answers = [
                    Example.OfText(
                        200, "The metrics.", "text/plain",
                        "# TYPE tollgate_decisions_total counter\ntollgate_decisions_total{outcome=\"allowed\"} 42\n")],
            });
    }

    /// <summary>Exports over OTLP, only if an endpoint is configured.</summary>
    private sealed class OtlpExport(ServerOptions options) : IHostedService, IDisposable
    {
        private MeterProvider? _meters;
        private TracerProvider? _traces;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (!string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(EndpointVariable)))
            {
                _meters = Sdk.CreateMeterProviderBuilder()
                    .ConfigureResource(Describe)
                    .AddMeter([.. PrometheusText.Meters, "Microsoft.AspNetCore.Hosting"])
                    .AddOtlpExporter()
                    .Build();
                _traces = Sdk.CreateTracerProviderBuilder()
                    .ConfigureResource(Describe)
                    .AddSource("Tollgate", "Microsoft.AspNetCore", "Npgsql")
                    .AddOtlpExporter()
                    .Build();
            }

            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            _meters?.ForceFlush(2000);
            _traces?.ForceFlush(2000);
            return Task.CompletedTask;
        }

        /// <summary>Describes the sender. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last and take precedence.</summary>
        private void Describe(ResourceBuilder resource) => resource.Clear()
            .AddService(Service, serviceVersion: Version, serviceInstanceId: $"{Environment.MachineName}:{options.Port}")
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();

        public void Dispose()
        {
            _meters?.Dispose();
            _traces?.Dispose();
        }
    }
}
