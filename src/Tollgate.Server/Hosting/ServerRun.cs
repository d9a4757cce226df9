using System.Net.Sockets;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Hosting.Demo;

namespace Tollgate.Server.Hosting;

/// <summary>The life of a server process, from its flags to its exit code.</summary>
internal static class ServerRun
{
    /// <summary>
    /// 1. locks the data folder and checks that the port is free, before it changes anything; 2. starts the private PostgreSQL, or checks
    /// the given one; 3. migrates, and matches the master key with the database; 4. fills an empty database; 5. serves until
    /// <paramref name="stop"/>; 6. drains, and stops everything that it started in reverse order.
    /// </summary>
    /// <param name="hurry">Signals a second request to stop: do not wait for requests in flight.</param>
    /// <returns>0 after a requested stop, 1 after any other.</returns>
    /// <exception cref="StartRefusedException">The start is refused; the message is for the operator.</exception>
    public static async Task<int> RunAsync(ServerOptions options, CancellationToken stop, CancellationToken hurry)
    {
        using var logging = LoggerFactory.Create(Logs.Configure);
        var logger = logging.CreateLogger("Tollgate");
        TaskScheduler.UnobservedTaskException += (_, unobserved) =>
        {
            logger.LogError(unobserved.Exception, "A background task failed and nothing handled its error.");
            unobserved.SetObserved();
        };
        using var folder = DataFolder.Take(options.Data);
        PortCheck.RefuseBusyPort(options);

        await using var postgres = options.Database is null ? await PrivatePostgres.StartAsync(folder, logger, stop) : null;
        var connection = postgres?.ConnectionString ?? options.Database!;
        foreach (var warning in await DatabaseCheck.RunAsync(connection, options.AllowUnsafeDatabase, stop))
        {
            logger.LogWarning("{Warning}", warning);
        }

        await Migrator.RunAsync(connection, MigrationFile.BuiltIn, logger, stop);
        var secrets = await OpenSecrets.RunAsync(connection, options.MasterKey, options.NewMasterKey, logger, stop);
        if (postgres is not null)
        {
            await AppRole.EnsureAsync(connection, stop);
        }

        await using var database = new Database(
            postgres?.AppConnectionString ?? connection, options.Connections, postgres is null ? null : new BackendNiceness(logger));
        await EventMonths.EnsureAsync(database.Source, stop);

        await using var app = HttpHost.Build(options, database, secrets, logging);
        await FirstStart.EnsureAsync(app.Services, options, logger, stop);
        await StripeFromEnvironment.EnsureAsync(app.Services, options, logger, stop);
        await BuiltInPrices.EnsureAsync(app.Services.GetRequiredService<SetModelPrices>(), logger, stop);
        try
        {
            await app.StartAsync(stop);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException or SocketException)
        {
            throw PortCheck.Busy(options, e);
        }

        if (options.Demo)
        {
            await app.Services.GetRequiredService<DemoData>().FillAsync(options.Seed, stop);
        }

        StartScreen.Print(options, postgres);
        return await ServeAsync(app, options, logger, stop, hurry);
    }

    /// <summary>Serves, and returns after the stop: 0 if it was requested, 1 otherwise.</summary>
    private static async Task<int> ServeAsync(
        WebApplication app, ServerOptions options, ILogger logger, CancellationToken stop, CancellationToken hurry)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, app.Lifetime.ApplicationStopping);
        await Task.Delay(Timeout.Infinite, ends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var asked = stop.IsCancellationRequested;
        if (asked)
        {
            logger.LogInformation("Stopping: no new requests, up to {Seconds} s for those in flight.", (int)options.DrainTime.TotalSeconds);
        }
        else
        {
            logger.LogCritical(
                "The server stops because of an unexpected error (logged above). Its supervisor (systemd, "
                    + "a container runtime) should start it again.");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        limit.CancelAfter(options.DrainTime);
        await app.StopAsync(limit.Token);
        return asked ? 0 : 1;
    }
}
