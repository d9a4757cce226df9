using System.Text;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// Encrypts the values of a column again, in place and while servers work: it writes each row only if the value is still the one it read.
/// </summary>
internal static class RewriteSecrets
{
    /// <summary>Rows in one round trip and transaction: each row is locked for milliseconds.</summary>
    private const int BatchRows = 200;

    /// <summary>
    /// The next pass finds rows again that servers moved meanwhile; if this many passes do not suffice, a server writes with another key.
    /// </summary>
    private const int MostPasses = 20;

    /// <param name="database">Reads on a connection of its own, so that one pass reads any number of rows.</param>
    /// <param name="select">Rows: ctid, row, value.</param>
    /// <param name="open">Returns null if no key opens the value, which then stays as it is.</param>
    /// <returns>The number of rewritten values, and the number of unreadable ones.</returns>
    public static async Task<(int Done, int Unreadable)> RunAsync(
        NpgsqlDataSource database, NpgsqlConnection writer, SecretColumn column, string select, Func<object, SecretPlace, byte[]?> open,
        SecretBox box, CancellationToken cancel)
    {
        var (done, unreadable) = (0, 0);
        for (var pass = 0; pass < MostPasses; pass++)
        {
            var (seen, written, lost) = await PassAsync(database, writer, column, select, open, box, cancel);
            done += written;
            unreadable = lost;
            if (seen == written + lost)
            {
                break;
            }
        }

        return (done, unreadable);
    }

    private static async Task<(int Seen, int Written, int Lost)> PassAsync(
        NpgsqlDataSource database, NpgsqlConnection writer, SecretColumn column, string select, Func<object, SecretPlace, byte[]?> open,
        SecretBox box, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var command = connection.Command(select);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (seen, written, lost, batch) = (0, 0, 0, new NpgsqlBatch(writer));
        while (await reader.ReadAsync(cancel))
        {
            seen++;
            var (value, place) = (reader.GetValue(2), new SecretPlace(column.Purpose, reader.GetString(1)));
            if (open(value, place) is not { } text)
            {
                lost++;
                continue;
            }

            object closed = column.IsText ? box.CloseText(Encoding.UTF8.GetString(text), place) : box.Close(text, place);
            batch.BatchCommands.Add(
                new(SecretsSql.Put(column))
                {
                    Parameters = { new() { Value = closed }, new() { Value = reader.GetString(0) }, new() { Value = value } },
                });
            if (batch.BatchCommands.Count == BatchRows)
            {
                written += await batch.ExecuteNonQueryAsync(cancel);
                batch.BatchCommands.Clear();
            }
        }

        if (batch.BatchCommands.Count > 0)
        {
            written += await batch.ExecuteNonQueryAsync(cancel);
        }

        await batch.DisposeAsync();
        return (seen, written, lost);
    }
}
