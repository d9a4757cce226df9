using Npgsql;

namespace Tollgate.Bench.Hosting;

/// <summary>
/// A second database in the PostgreSQL that the server itself started: the peers get the same settings, version, memory
/// and disk. It also holds an empty copy of our own schema (S6), made from the same files.
/// </summary>
internal sealed class PeersDatabase
{
    private PeersDatabase(PostgresPlace place) => Place = place;

    public PostgresPlace Place { get; }

    public const string Name = "bench_peers";

    public static async Task<PeersDatabase> CreateAsync(Workbench bench, PostgresPlace place, CancellationToken cancel)
    {
        await using (var connection = await place.OpenAsync("postgres", cancel))
        {
            await ExecuteAsync(connection, "CREATE DATABASE " + Name, cancel);
        }

        var peers = new PeersDatabase(place);
        await using var own = await peers.OpenAsync(cancel);
        foreach (var statement in (await File.ReadAllTextAsync(Path.Combine(bench.Scripts, "peers.sql"), cancel)).Split(
            ";\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await ExecuteAsync(own, statement, cancel);
        }

        return peers;
    }

    public Task<NpgsqlConnection> OpenAsync(CancellationToken cancel) => Place.OpenAsync(Name, cancel);

    /// <summary>The tables, keys and indexes of the product, empty.</summary>
    public async Task AddOwnSchemaAsync(CancellationToken cancel)
    {
        await using var connection = await OpenAsync(cancel);
        foreach (var file in Directory.GetFiles(Path.Combine(Workbench.Repository, "src/Tollgate.Engine/Schema"), "*.sql")
            .Order(StringComparer.Ordinal))
        {
            await ExecuteAsync(connection, await File.ReadAllTextAsync(file, cancel), cancel);
        }
    }

    public static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    public static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancel))!;
    }
}
