using System.Text;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// Encrypts the values of a column anew, in place and while servers work: each row is written only if it still is what was read.
/// </summary>
internal static class RewriteSecrets
{
    /// <summary>Rows in one round trip and transaction: a lock on a row lasts milliseconds.</summary>
    private const int BatchRows = 200;

    /// <summary>
    /// Rows that servers move meanwhile are found again by the next pass; more passes than this means that somebody writes with another
    /// key.
    /// </summary>
    private const int MostPasses = 20;

    /// <param name="database">Reads on a connection of its own: one pass, however many rows there are.</param>
    /// <param name="select">Rows: place in the table, row, value.</param>
    /// <param name="open">Null: nobody can read the value. It stays.</param>
    /// <returns>How many were rewritten, and how many nobody can read.</returns>
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
