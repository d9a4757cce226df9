using System.Globalization;
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
        keys.Keys.ShouldContain("TOLLGATE_ADMIN_KEY");
        File.GetUnixFileMode(Path.Combine(server.Data, "keys.env")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        (await server.StopAsync()).ShouldBe(0, server.Log);
        ServerProcess.IsAlive(postgres).ShouldBeFalse();
        server.PostgresProcessId.ShouldBeNull();

        await server.StartAgainAsync();
        server.Keys.ShouldBe(keys);
        using var admin = server.NewClient(server.AdminKey);
        (await admin.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task After_kill_9_of_the_server_the_next_up_takes_over()
    {
        await using var server = await TestServer.StartAsync();
        var postgres = server.PostgresProcessId.ShouldNotBeNull();
        var keys = server.Keys;

        await server.Kill9Async();
        await server.StartAgainAsync();

        server.PostgresProcessId.ShouldNotBe(postgres);
        server.Keys.ShouldBe(keys);
        ServerProcess.IsAlive(postgres).ShouldBeFalse();
    }

    [Fact]
    public async Task While_PostgreSQL_is_away_ready_says_503_and_says_200_again_within_ten_seconds_after()
    {
        await using var server = await TestServer.StartAsync();
        ServerProcess.Signal(server.PostgresProcessId.ShouldNotBeNull(), 9);
        using var away = await server.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        using var live = await server.Http.GetAsync(new Uri("/health/live", UriKind.Relative));

        live.StatusCode.ShouldBe(HttpStatusCode.OK);
        away.StatusCode.ShouldBeOneOf(HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        await server.WaitUntilReadyAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_lost_keys_file_is_said_so_and_a_flag_makes_a_new_admin_key()
    {
        await using var server = await TestServer.StartAsync(flags: "--new-admin-key");
        var lost = server.AdminKey;
        await server.StopAsync();
        File.Delete(Path.Combine(server.Data, "keys.env"));

        await server.StartAgainAsync();

        server.AdminKey.ShouldNotBe(lost);
        using var admin = server.NewClient(server.AdminKey);
        (await admin.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_folder_or_port_is_refused_with_a_sentence()
    {
        await using var server = await TestServer.StartAsync();

        var (sameData, sentence) = await ServerProcess.RunAsync("up", "--data", server.Data, "--port", FreePort());
        sameData.ShouldBe(1);
        sentence.ShouldContain("in use by another Tollgate server");

        using var folder = TestFolder.Create();
        var (samePort, port) = await ServerProcess.RunAsync("up", "--data", folder.Combine("data"), "--port",
            server.Port.ToString(CultureInfo.InvariantCulture));
        samePort.ShouldBe(1);
        port.ShouldContain($"Port {server.Port} on 127.0.0.1 is in use");
        Directory.Exists(folder.Combine("data/postgres")).ShouldBeFalse("The port is looked at before anything is made.");
    }

    [Fact]
    public async Task A_machine_without_PostgreSQL_is_told_what_to_install()
    {
        using var folder = TestFolder.Create();
        var nowhere = new Dictionary<string, string> { ["TOLLGATE_POSTGRES_BIN"] = folder.Path };

        var (code, sentence) = await ServerProcess.RunAsync(nowhere, "up", "--data", folder.Combine("data"), "--port", FreePort());

        code.ShouldBe(1);
        sentence.ShouldContain("PostgreSQL is not installed");
        sentence.ShouldContain("apt-get install postgresql");
    }

    [Fact]
    public async Task SIGINT_while_starting_stops_what_was_started()
    {
        using var folder = TestFolder.Create();
        var log = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var process = await ServerProcess.StartAsync(
            ["up", "--data", folder.Combine("data"), "--port", FreePort()], new Dictionary<string, string>(), log.Enqueue);
        while (!log.Any(line => line.Contains("Making a new PostgreSQL", StringComparison.Ordinal)))
        {
            await Task.Delay(10);
        }

        process.Interrupt();

        (await process.Ended.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe(0, string.Join('\n', log));
        File.Exists(folder.Combine("data/postgres/postmaster.pid")).ShouldBeFalse();
    }

    private static string FreePort() => TestServer.FreePort().ToString(CultureInfo.InvariantCulture);
}
