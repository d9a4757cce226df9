using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Secrets;

/// <summary>The result of a rotation.</summary>
/// <param name="Unreadable">Values that no known key opens; the rotation did not cause this.</param>
public sealed record MasterKeyRotated(string From, string To, int Rewritten, int Unreadable);

/// <summary>
/// Replaces the master key while servers work: 1. adds a new key to the file, or takes the given one; 2. gives servers time to read it; 3.
/// makes it the current key; 4. encrypts all values of other keys again; 5. repeats step 4 after servers have had time to change over; 6.
/// removes the old key from the file. If the process is killed at any step, the next run continues.
/// </summary>
/// <param name="settle">The time that servers get in steps 2 and 5: they check every <see cref="MasterKeyWatch.Period"/>, and a statement
/// may take 30 seconds.</param>
public sealed class RotateMasterKey(string connectionString, MasterKeySource source, TimeSpan settle, ILogger log)
{
    /// <param name="progress">Receives the present step and the completed share, from 0 to 1.</param>
    /// <exception cref="StartRefusedException">The message says what is missing.</exception>
    public async Task<MasterKeyRotated> RunAsync(Action<string, decimal> progress, CancellationToken cancel)
    {
        await using var database = Database.ForStart(connectionString);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using (var alone = connection.Command(SecretsSql.TryLockRotation))
        {
            // PostgreSQL frees the lock of a command that has just ended a moment after its connection has closed.
            for (var tries = 1; !(bool)(await alone.ExecuteScalarAsync(cancel))!; tries++)
            {
                if (tries == 10)
                {
                    throw new StartRefusedException("The master key is being rotated already. Wait for the other command to end.");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
            }
        }

        var keys = await source.LoadAsync(cancel);
        var states = await StatesAsync(connection, cancel);
        var old = states.Where(static one => one.Value == "retiring").Select(static one => one.Key).SingleOrDefault();
        if (old is null)
        {
            // 1. to 3.
            (keys, old) = await BeginAsync(connection, keys, states, progress, cancel);
        }

        var current = (await OpenSecrets.CurrentAsync(connection, cancel))!;
        var missing = new[] { old, current }.Where(id => keys.All(key => key.Id != id)).ToList();
        if (missing.Count > 0)
        {
            throw new StartRefusedException(
                $"A rotation from master key {old} to {current} is under way, and {source.Name} lacks {string.Join(" and ", missing)}. "
                    + "It needs both until the rotation is done.");
        }

        // 4. and 5.
        var box = new SecretBox(new(keys, current), log);
        var first = await RewriteAsync(database, connection, box, progress, cancel);
        await SettleAsync(connection, "letting servers change over", progress, cancel);
        var second = await RewriteAsync(database, connection, box, progress, cancel);

        // 6. The file last: an old key too many loses nothing.
        await connection.ExecuteAsync(SecretsSql.Retire, cancel);
        if (source.IsFile)
        {
            source.Write([.. keys.Where(key => key.Id == current)]);
        }

        return new(old, current, first.Done + second.Done, second.Unreadable);
    }

    private async Task<(IReadOnlyList<MasterKey> Keys, string Old)> BeginAsync(
        NpgsqlConnection connection, IReadOnlyList<MasterKey> keys, Dictionary<string, string> states, Action<string, decimal> progress,
        CancellationToken cancel)
    {
        var old = states.Where(static one => one.Value == "current").Select(static one => one.Key).SingleOrDefault()
            ?? throw new StartRefusedException("The database has no master key yet. Start the server once (tollgate up).");
        if (keys.All(key => key.Id != old))
        {
            throw new StartRefusedException($"The database is encrypted with master key {old}, which {source.Name} does not have.");
        }

        var next = keys.FirstOrDefault(key => !states.ContainsKey(key.Id));
        if (next is null && !source.IsFile)
        {
            throw new StartRefusedException(
                $"{source.Name} gives the old master key only. Make a new one (openssl rand -base64 32), "
                    + $"let {source.Name} give both on every server, restart the servers, then run this again.");
        }

        if (next is null)
        {
            next = MasterKey.Make();
            keys = [next, .. keys];
            source.Write(keys);
        }

        await SettleAsync(connection, "letting servers read the new key", progress, cancel);
        await OpenSecrets.SwitchAsync(connection, next.Id, "retiring", cancel);
        return (keys, old);
    }

    private static async Task<(int Done, int Unreadable)> RewriteAsync(
        NpgsqlDataSource database, NpgsqlConnection connection, SecretBox box, Action<string, decimal> progress, CancellationToken cancel)
    {
        var (done, unreadable) = (0, 0);
        for (var at = 0; at < SecretsSql.Columns.Count; at++)
        {
            var column = SecretsSql.Columns[at];
            progress($"encrypting {column.Table}", (decimal)at / SecretsSql.Columns.Count);
            var (written, lost) = await RewriteSecrets.RunAsync(
                database, connection, column, SecretsSql.NotOf(column, box.Ring.Current.Id),
                (value, place) => value is string text
                    ? box.OpenText(text, place) is { } opened
                    ? System.Text.Encoding.UTF8.GetBytes(opened)
                    : null
                    : box.Open((byte[])value, place),
                box, cancel);
            (done, unreadable) = (done + written, unreadable + lost);
        }

        return (done, unreadable);
    }

    /// <summary>Waits for running servers; returns immediately if there are none.</summary>
    private async Task SettleAsync(NpgsqlConnection connection, string doing, Action<string, decimal> progress, CancellationToken cancel)
    {
        await using var live = connection.Command(SecretsSql.LiveServers);
        if ((long)(await live.ExecuteScalarAsync(cancel))! == 0)
        {
            return;
        }

        const int Steps = 20;
        for (var step = 0; step < Steps; step++)
        {
            progress(doing, (decimal)step / Steps);
            await Task.Delay(settle / Steps, cancel);
        }
    }

    private static async Task<Dictionary<string, string>> StatesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = connection.Command(SecretsSql.States);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var states = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
        {
            states.Add(reader.GetString(0), reader.GetString(1));
        }

        return states;
    }
}
