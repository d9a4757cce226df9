using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;

namespace Tollgate.Server.Hosting;

/// <summary>Configures Kestrel and the pipeline: little work per request (no request logging), and limits on every input.</summary>
internal static class HttpHost
{
    /// <summary>
    /// Kestrel takes a bare newline for the end of a line unless this is on. A proxy in front may not, and would see other requests.
    /// </summary>
    private const string NoBareNewlines = "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators";

    public static WebApplication Build(ServerOptions options, Database database, SecretBox secrets, ILoggerFactory logging)
    {
        AppContext.SetSwitch(NoBareNewlines, true);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Services.Replace(ServiceDescriptor.Singleton(logging));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = options.DrainTime;

            // Loops do not throw; if one did, the other loops and the requests must continue.
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, options));

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(database);
        builder.Services.AddSingleton(secrets);
        AddSockets(builder.Services);
        Rooms.AddServices(builder.Services, options);

        var app = builder.Build();
        options.TrustedProxies.Use(app);
        Rooms.UseMiddleware(app);
        Rooms.MapEndpoints(app);
        return app;
    }

    private static void AddSockets(IServiceCollection services)
    {
        services.AddSingleton<ConnectionGate>();
        services.AddSingleton<FirstHead>();
        services.AddSingleton<SocketTransportFactory>();
        services.AddSingleton<IConnectionListenerFactory>(static provider =>
            new GatedTransport(provider.GetRequiredService<SocketTransportFactory>(), provider.GetRequiredService<ConnectionGate>()));
    }

    private static void Limit(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.Listen(options.Listen, options.Port, listen =>
        {
            // Limits count connections: HTTP/2 would open and reset a hundred streams on each. Kestrel has none without TLS; this says so.
            listen.Protocols = HttpProtocols.Http1;
            var head = listen.ApplicationServices.GetRequiredService<FirstHead>();
            listen.Use(next => connection => head.RunAsync(connection, next));
        });
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = options.HeaderTime;
        kestrel.Limits.KeepAliveTimeout = options.IdleTime;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.MaxRequestLineSize = 16 * 1024;
        kestrel.Limits.MinRequestBodyDataRate = Pace(options.MinBodyBytesPerSecond);
        kestrel.Limits.MinResponseDataRate = Pace(options.MinAnswerBytesPerSecond);
    }

    private static MinDataRate? Pace(long bytesPerSecond) => bytesPerSecond == 0 ? null : new(bytesPerSecond, TimeSpan.FromSeconds(5));

    /// <summary>Ignores signals: <c>up</c> handles them, from before the start of PostgreSQL until after its stop.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
