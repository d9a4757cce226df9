using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

public sealed class PrivatePostgresTests
{
    [Fact]
    public async Task A_killed_PostgreSQL_comes_back_within_ten_seconds_with_everything_committed()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        await using var postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);
        await ExecuteAsync(postgres, "CREATE TABLE facts (id integer); INSERT INTO facts VALUES (1), (2)");
        var first = postgres.ProcessId.ShouldNotBeNull();

        ServerProcess.Signal(first, 9);
        var waiting = Stopwatch.StartNew();
        var facts = await EventuallyAsync(() => ScalarAsync<long>(postgres, "SELECT count(*) FROM facts"), TimeSpan.FromSeconds(10));

        facts.ShouldBe(2);
        waiting.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        postgres.Starts.ShouldBeGreaterThan(1);
        postgres.ProcessId.ShouldNotBe(first);
    }

    [Fact]
    public async Task A_stop_leaves_no_process_and_a_second_start_has_the_data()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        int process;
        await using (var postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None))
        {
            await ExecuteAsync(postgres, "CREATE TABLE facts (id integer); INSERT INTO facts VALUES (1)");
            process = postgres.ProcessId.ShouldNotBeNull();
        }

        ServerProcess.IsAlive(process).ShouldBeFalse();
        File.Exists(Path.Combine(data.Postgres, "postmaster.pid")).ShouldBeFalse();
        await using var again = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);
        (await ScalarAsync<long>(again, "SELECT count(*) FROM facts")).ShouldBe(1);
        File.ReadAllText(data.PostgresLog).ShouldContain("database system is shut down");
    }

    [Fact]
    public async Task It_is_durable_checked_and_reached_by_its_socket_only()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        await using var postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);

        foreach (var (setting, value) in new[]
        {
            ("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("data_checksums", "on"),
            ("listen_addresses", ""), ("unix_socket_permissions", "0700"), ("server_encoding", "UTF8"), ("jit", "off"),
        })
        {
            (await ScalarAsync<string>(postgres, $"SELECT current_setting('{setting}')")).ShouldBe(value, setting);
        }

        (File.GetUnixFileMode(data.Sockets) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)).ShouldBe(
            UnixFileMode.None);
        (await DatabaseCheck.RunAsync(postgres.ConnectionString, allowUnsafe: false, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task On_a_busy_machine_the_pool_steps_back_behind_the_lanes()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        await using var postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);
        await using var database = new Database(postgres.ConnectionString, new(), new BackendNiceness(NullLogger.Instance));

        await using var pooled = await database.Source.OpenConnectionAsync();
        await using var lane = await database.OpenDedicatedAsync(CancellationToken.None);

        (NicenessOf(pooled) - NicenessOf(lane)).ShouldBeGreaterThan(0);
    }

    private static int NicenessOf(NpgsqlConnection connection)
    {
        // "pid (name with spaces) S ppid …": the niceness is the 19th field of all.
        var stat = File.ReadAllText($"/proc/{connection.ProcessID}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Stale_lock_files_whose_number_is_another_process_are_no_obstacle()
    {
        using var folder = TestFolder.Create();
        using var another = DataFolder.Take(folder.Combine("another"));
        await using var alive = await PrivatePostgres.StartAsync(another, NullLogger.Instance, CancellationToken.None);
        using var data = DataFolder.Take(folder.Combine("data"));
        await using (await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None))
        {
        }

        await File.WriteAllTextAsync(
            Path.Combine(data.Postgres, "postmaster.pid"),
            $"{Environment.ProcessId}\n{data.Postgres}\n1700000000\n5432\n\n\n  1 1\nready   \n");
        var socketLock = Path.Combine(data.Sockets, PostgresSettings.SocketLock);
        await File.WriteAllTextAsync(socketLock, $"{alive.ProcessId}\n{data.Postgres}\n1700000000\n5432\n{data.Sockets}\n");

        await using var again = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);
        (await ScalarAsync<int>(again, "SELECT 1")).ShouldBe(1);
    }

    /// <summary>Deleting the file of a living postmaster would let a second one onto the same data.</summary>
    [Fact]
    public async Task A_postmaster_that_lives_is_stopped_although_its_file_says_another_state_meanwhile()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        await using var postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);
        var process = postgres.ProcessId.ShouldNotBeNull();
        var pidFile = await File.ReadAllTextAsync(Path.Combine(data.Postgres, "postmaster.pid"));

        PostgresOrphan.IsPostmasterOf(process, pidFile).ShouldBeTrue();
        PostgresOrphan.IsPostmasterOf(process, pidFile.Replace("ready   ", "stopping", StringComparison.Ordinal)).ShouldBeTrue();
        PostgresOrphan.IsPostmasterOf(process, pidFile.Replace($"{process}\n", $"{process + 1}\n", StringComparison.Ordinal))
            .ShouldBeFalse();
        PostgresOrphan.IsPostmasterOf(Environment.ProcessId, pidFile).ShouldBeFalse();
    }

    [Fact]
    public async Task Data_of_another_major_version_is_refused_with_both_versions()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        Directory.CreateDirectory(data.Postgres);
        await File.WriteAllTextAsync(Path.Combine(data.Postgres, "PG_VERSION"), "9\n");

        var refusal = await Should.ThrowAsync<StartRefusedException>(
            () => PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None));

        refusal.Message.ShouldContain("was made by PostgreSQL 9");
        refusal.Message.ShouldContain("pg_upgrade");
    }

    [Fact]
    public async Task A_folder_with_something_else_in_it_is_not_touched()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        Directory.CreateDirectory(data.Postgres);
        await File.WriteAllTextAsync(Path.Combine(data.Postgres, "letter.txt"), "dear");

        var refusal = await Should.ThrowAsync<StartRefusedException>(
            () => PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None));

        refusal.Message.ShouldContain("PG_VERSION is missing");
        File.Exists(Path.Combine(data.Postgres, "letter.txt")).ShouldBeTrue();
    }

    [Fact]
    public void A_data_folder_in_use_is_refused_until_it_is_free()
    {
        using var folder = TestFolder.Create();
        var path = folder.Combine("data");
        using (DataFolder.Take(path))
        {
            var refusal = Should.Throw<StartRefusedException>(() => DataFolder.Take(path));
            refusal.Message.ShouldContain("in use by another Tollgate server");
            refusal.Message.ShouldContain($"process {Environment.ProcessId}");
        }

        using var again = DataFolder.Take(path);
        again.Path.ShouldBe(path);
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_and_closed_to_others_still_works()
    {
        using var folder = TestFolder.Create();
        var closed = Directory.CreateDirectory(
            folder.Combine("closed-" + new string('x', 120)), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var data = DataFolder.Take(Path.Combine(closed.FullName, "data, and 'quotes'"));
        await using var postgres = await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None);

        (await ScalarAsync<int>(postgres, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_setting_that_PostgreSQL_refuses_is_shown_from_its_log()
    {
        using var folder = TestFolder.Create();
        using var data = DataFolder.Take(folder.Combine("data"));
        await using (await PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None))
        {
        }

        await File.AppendAllTextAsync(Path.Combine(data.Postgres, PostgresSettings.LocalFile), "max_connections = many\n");
        var refusal = await Should.ThrowAsync<StartRefusedException>(
            () => PrivatePostgres.StartAsync(data, NullLogger.Instance, CancellationToken.None));

        refusal.Message.ShouldContain("max_connections");
        refusal.Message.ShouldContain(data.PostgresLog);
    }

    private static async Task ExecuteAsync(PrivatePostgres postgres, string sql)
    {
        await using var source = Database.ForStart(postgres.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T> ScalarAsync<T>(PrivatePostgres postgres, string sql)
    {
        await using var source = Database.ForStart(postgres.ConnectionString);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> ask, TimeSpan limit)
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (NpgsqlException) when (waiting.Elapsed < limit)
            {
                await Task.Delay(50);
            }
        }
    }
}
