using System.Net;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>A server with its private PostgreSQL: started, stopped, killed, started again.</summary>
public sealed class ServerLifeTests
{
    [Fact]
    public async Task SIGTERM_ends_with_0_and_leaves_no_PostgreSQL_and_a_second_up_keeps_the_keys()
    {
        await using var server = await TestServer.StartAsync();
        var keys = server.Keys;
        var postgres = server.PostgresProcessId.ShouldNotBeNull();

        (await server.StopAsync()).ShouldBe(0, server.Log);
        ServerProcess.IsAlive(postgres).ShouldBeFalse();
        server.PostgresProcessId.ShouldBeNull();

        await server.StartAgainAsync();
        server.Keys.ShouldBe(keys);
        (await server.Http.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
