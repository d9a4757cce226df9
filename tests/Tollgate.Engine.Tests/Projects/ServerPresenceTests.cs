using System.Diagnostics;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Projects;

public sealed class ServerPresenceTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_server_without_company_is_alone_and_leaves_no_trace()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var server = new ProjectsWorld(database);
        await server.Presence.StartAsync(CancellationToken.None);
        server.Presence.Alone.ShouldBeTrue();
        var era = server.Presence.Era;
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        server.Presence.Alone.ShouldBeTrue();
        server.Presence.Era.ShouldBe(era, "Its memory stays correct while it is alone.");
        (await database.ScalarAsync<long>("SELECT count(*) FROM servers")).ShouldBe(1);

        await server.Presence.StopAsync(CancellationToken.None);
        server.Presence.Alone.ShouldBeFalse();
        (await database.ScalarAsync<long>("SELECT count(*) FROM servers")).ShouldBe(0);
    }

    [Fact]
    public async Task Two_servers_are_never_alone_together()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var first = new ProjectsWorld(database);
        using var second = new ProjectsWorld(database);
        await first.Presence.StartAsync(CancellationToken.None);
        await UntilAsync(() => first.Presence.Healthy);

        var starting = second.Presence.StartAsync(CancellationToken.None);
        var together = 0;
        var watch = Stopwatch.StartNew();
        while (!starting.IsCompleted || watch.Elapsed < TimeSpan.FromSeconds(4))
        {
            together += first.Presence.Alone && second.Presence.Alone ? 1 : 0;
            await Task.Delay(1);
        }

        await starting;
        together.ShouldBe(0);
        first.Presence.Alone.ShouldBeFalse();
        second.Presence.Alone.ShouldBeFalse();

        // One server leaves: the other is alone immediately, not after ten seconds, and does not trust its earlier memory.
        var era = first.Presence.Era;
        await second.Presence.StopAsync(CancellationToken.None);
        await UntilAsync(() => first.Presence.Alone, TimeSpan.FromSeconds(8));
        first.Presence.Era.ShouldBe(era + 1);
        await first.Presence.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_server_that_starts_waits_out_the_lease_of_one_that_does_not_hear_it()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "INSERT INTO servers (id, host, process_id) VALUES (gen_random_uuid(), 'another machine', 7)");
        using var server = new ProjectsWorld(database);
        var started = Stopwatch.GetTimestamp();
        await server.Presence.StartAsync(CancellationToken.None);
        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThan(TimeSpan.FromSeconds(2));
        server.Presence.Alone.ShouldBeFalse();
        await server.Presence.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Rows_of_a_killed_server_of_this_machine_do_not_count()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var killed = new ProjectsWorld(database);
        await killed.Presence.StartAsync(CancellationToken.None);
        await killed.Presence.StopAsync(CancellationToken.None);
        using var server = new ProjectsWorld(database);

        // A process that has ended, and one that had our own number in an earlier life of the container.
        using var ended = Process.Start("true");
        await ended.WaitForExitAsync();
        var host = Environment.MachineName + " " + File.ResolveLinkTarget("/proc/self/ns/pid", false)!.Name;
        foreach (var process in (int[])[ended.Id, Environment.ProcessId])
        {
            await database.ExecuteAsync("INSERT INTO servers (id, host, process_id) VALUES (gen_random_uuid(), $1, $2)", host, process);
        }

        var started = Stopwatch.GetTimestamp();
        await server.Presence.StartAsync(CancellationToken.None);
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        server.Presence.Alone.ShouldBeTrue();

        // A server dies while this one serves: its last writes may still commit, so the memory starts empty a heartbeat later.
        var era = server.Presence.Era;
        await database.ExecuteAsync("INSERT INTO servers (id, host, process_id) VALUES (gen_random_uuid(), $1, $2)", host, ended.Id);
        await UntilAsync(() => !server.Presence.Alone);
        await UntilAsync(() => server.Presence.Alone);
        server.Presence.Era.ShouldBe(era + 1);
        await server.Presence.StopAsync(CancellationToken.None);
    }
}
