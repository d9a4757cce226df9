using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Mail;

/// <summary>
/// Turns facts into mails, of all projects together. The facts are the outbox: whoever writes one has done all that is needed. A fact
/// becomes a mail once, because the place up to which facts are looked at moves in the transaction that writes the mails.
/// </summary>
public sealed class DeriveMails(NpgsqlDataSource database, ParkedWork parked)
{
    /// <summary>Facts of a kind in one go, or as many as one transaction wrote.</summary>
    private const long MostAtOnce = 1_000;

    /// <summary>Transactions without a fact after which the place moves all the same: the next look need not pass them again.</summary>
    private const ulong IdleSpan = 1_000;

    /// <summary>Transactions looked at in one go. Fewer after a failure, until the one that is to blame is alone.</summary>
    private ulong _width = ulong.MaxValue;

    private (ulong From, ulong To) _span;

    /// <summary>
    /// A batch that fails is halved until one transaction is left, whose facts make no mail. That one is parked, and
    /// <see cref="RunAgainAsync"/> tries it again; the mails of the others go out meanwhile.
    /// </summary>
    /// <returns>Whether there is more.</returns>
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

    /// <summary>The facts of one transaction that failed before. What was made of them since makes no second mail.</summary>
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
