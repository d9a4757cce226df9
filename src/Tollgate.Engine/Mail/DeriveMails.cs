using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Mail;

/// <summary>
/// Derives mails from the facts of all projects. The facts are the outbox: code that writes a fact does nothing more for its mail. Each
/// fact becomes a mail exactly once, because the position up to which facts are processed moves in the transaction that writes the mails.
/// </summary>
public sealed class DeriveMails(NpgsqlDataSource database, ParkedWork parked)
{
    /// <summary>The number of facts of each kind in one batch, or all facts of one transaction if it wrote more.</summary>
    private const long MostAtOnce = 1_000;

    /// <summary>
    /// The number of transactions without facts after which the position moves anyway, so that later runs do not scan them again.
    /// </summary>
    private const ulong IdleSpan = 1_000;

    /// <summary>The number of transactions in one batch. A failure reduces it until the failing transaction is alone.</summary>
    private ulong _width = ulong.MaxValue;

    private (ulong From, ulong To) _span;

    /// <summary>
    /// Derives the next batch. After a failure, the next batches are smaller, until one contains only the transaction whose facts make no
    /// mail. This transaction is parked and <see cref="RunAgainAsync"/> retries it; the mails of the others go out meanwhile.
    /// </summary>
    /// <returns>True if there are more facts to process.</returns>
    public async Task<bool> RunAsync(CancellationToken cancel)
    {
        try
        {
            _span = default;
            var hasMore = await DeriveAsync(cancel);
            _width = _width > ulong.MaxValue / 2 ? ulong.MaxValue : _width * 2;
            return hasMore;
        }
        catch (Exception broken) when (!cancel.IsCancellationRequested && ParkedWork.IsItsOwn(broken) && _span.To > _span.From)
        {
            if (_span.To - _span.From > 1)
            {
                _width = Math.Max(1, (_span.To - _span.From) / 8);
            }
            else
            {
                await parked.ParkAsync(WorkNames.MailEvents, null, _span.From.ToString(CultureInfo.InvariantCulture), broken);
                await using var move = database.Command(MailSql.MovePlaceFrom, Place(_span.To), Place(_span.From));
                await move.ExecuteNonQueryAsync(cancel);
            }

            return true;
        }
    }

    /// <summary>Retries the facts of one transaction that failed before. Facts that have become mails since make no second mail.</summary>
    /// <param name="place">The transaction.</param>
    public async Task RunAgainAsync(string place, CancellationToken cancel)
    {
        var from = ulong.Parse(place, CultureInfo.InvariantCulture);
        await using var derive = database.Command(MailSql.Derive, Place(from), Place(from + 1));
        await derive.ExecuteNonQueryAsync(cancel);
    }

    private async Task<bool> DeriveAsync(CancellationToken cancel)
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

        to = to - from > _width ? from + _width : to;
        _span = (from, to);
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

    private static async Task<(ulong From, ulong To, ulong Top, bool HasFacts)> SpanAsync(NpgsqlConnection connection,
        CancellationToken cancel)
    {
        await using var command = connection.Command(MailSql.Span, MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetFieldValue<ulong>(0), reader.GetFieldValue<ulong>(1), reader.GetFieldValue<ulong>(2), reader.GetBoolean(3));
    }

    private static NpgsqlParameter Place(ulong xid) => new() { Value = xid, NpgsqlDbType = NpgsqlDbType.Xid8 };
}
