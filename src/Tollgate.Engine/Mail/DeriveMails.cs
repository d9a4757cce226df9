using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Customers;

namespace Tollgate.Engine.Mail;

/// <summary>
/// Turns facts into mails, of all projects together. The facts are the outbox: whoever writes one has done all that is needed. A fact becomes a mail once, because the
/// place up to which facts are looked at moves in the transaction that writes the mails.
/// </summary>
public sealed class DeriveMails(NpgsqlDataSource database)
{
    /// <summary>Facts of a kind in one go, or as many as one transaction wrote.</summary>
    private const long MostAtOnce = 1_000;

    /// <summary>Transactions without a fact after which the place moves all the same: the next look need not pass them again.</summary>
    private const ulong IdleSpan = 1_000;

    /// <returns>Whether there is more.</returns>
    public async Task<bool> RunAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var @lock = connection.Command(MailSql.TryLock))
        {
            if (!(bool)(await @lock.ExecuteScalarAsync(cancel))!)
            {
                return false;
            }
        }

        var (from, to, top, hasFacts) = await SpanAsync(connection, cancel);
        if (!hasFacts && top - from <= IdleSpan)
        {
            return false;
        }

        await using (var derive = connection.Command(MailSql.Derive, Place(from), Place(to)))
        {
            await derive.ExecuteNonQueryAsync(cancel);
        }

        await using (var move = connection.Command(MailSql.MovePlace, Place(to)))
        {
            await move.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        return to < top;
    }

    private static async Task<(ulong From, ulong To, ulong Top, bool HasFacts)> SpanAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = connection.Command(MailSql.Span, MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetFieldValue<ulong>(0), reader.GetFieldValue<ulong>(1), reader.GetFieldValue<ulong>(2), reader.GetBoolean(3));
    }

    private static NpgsqlParameter Place(ulong xid) => new() { Value = xid, NpgsqlDbType = NpgsqlDbType.Xid8 };
}
