using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Hosting;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>Builds the program's own pipeline without starting it, and reads every endpoint that it maps, including hidden ones.</summary>
internal static class MappedEndpoints
{
    /// <summary>With the master key of the tests' servers: the pipeline opens a key of the database when it is built.</summary>
    public static readonly SecretBox Secrets = new(
        MasterKeyRing.OfOne(MasterKey.Parse(TestServer.SharedMasterKey)!), NullLogger.Instance);

    public static ServerOptions Options() => new() { Port = 1, Listen = IPAddress.Loopback, Data = Path.GetTempPath() };

    public static async Task<T> LookAsync<T>(RunningServer server, Func<IReadOnlyList<RouteEndpoint>, IServiceProvider, T> look)
    {
        await using var database = new Database(server.Database.ConnectionString, new DatabaseOptions());
        await using var app = HttpHost.Build(Options(), database, Secrets, NullLoggerFactory.Instance);
        return look(
            [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()], app.Services);
    }
}
