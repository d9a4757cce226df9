using System.Net.Sockets;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>The life of a server process, from its flags to its exit code.</summary>
internal static class ServerRun
{
    /// <summary>
    /// 1. takes the data folder and looks whether the port is free, before anything is changed; 2. starts the private PostgreSQL,
    /// or checks the given one; 3. migrates; 4. makes what an empty database lacks; 5. serves until <paramref name="stop"/>;
    /// 6. drains, and stops what it started in reverse order.
    /// </summary>
    /// <param name="hurry">The operator asked a second time: do not wait for requests in flight.</param>
    /// <returns>0 after a clean stop.</returns>
    /// <exception cref="StartRefusedException">With a sentence for the operator.</exception>
    public static async Task<int> RunAsync(ServerOptions options, CancellationToken stop, CancellationToken hurry)
    {
        using var logging = LoggerFactory.Create(Logs.Configure);
        var logger = logging.CreateLogger("Tollgate");
        using var folder = DataFolder.Take(options.Data);
        PortCheck.RefuseBusyPort(options);

        await using var postgres = options.Database is null ? await PrivatePostgres.StartAsync(folder, logger, stop) : null;
        var connection = postgres?.ConnectionString ?? options.Database!;
        foreach (var warning in await DatabaseCheck.RunAsync(connection, options.AllowUnsafeDatabase, stop))
        {
            logger.LogWarning("{Warning}", warning);
        }

        await Migrator.RunAsync(connection, MigrationFile.BuiltIn, logger, stop);
        await using var database = new Database(connection, options.Connections);
        await EventMonths.EnsureAsync(database.Source, stop);

        await using var app = HttpHost.Build(options, database, logging);
        await FirstStart.EnsureAsync(app.Services, options, logger, stop);
        try
        {
            await app.StartAsync(stop);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException or SocketException)
        {
            throw PortCheck.Busy(options, e);
        }

        StartScreen.Print(options, postgres);
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        logger.LogInformation("Stopping: no new requests, up to {Drain} for those in flight.", options.DrainTime);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        limit.CancelAfter(options.DrainTime);
        await app.StopAsync(limit.Token);
        return 0;
    }
}
