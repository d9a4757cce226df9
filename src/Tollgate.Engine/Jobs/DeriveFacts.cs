using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Jobs;

/// <summary>The statements on the position up to which a room has derived its rows from the facts of all projects.</summary>
/// <param name="TryLock">One server derives at a time.</param>
/// <param name="Span">$1 number of facts. Row: from, to, the position before the oldest running transaction, whether there is a
/// fact.</param>
/// <param name="Move">$1 the new position.</param>
/// <param name="MoveFrom">$1 the new position, $2 the expected one.</param>
internal sealed record PlaceSql(string TryLock, string Span, string Move, string MoveFrom);

/// <summary>
/// Derives rows from the facts of all projects. The facts are the outbox: code that writes a fact does nothing more. Each fact is derived
/// exactly once, because the position up to which facts are processed moves in the transaction that writes the derived rows.
/// </summary>
/// <param name="work">The name of the work, of <see cref="WorkNames"/>.</param>
public abstract class DeriveFacts(NpgsqlDataSource database, ParkedWork parked, string work)
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

    private protected abstract PlaceSql Sql { get; }

    /// <summary>
    /// Derives the next batch. After a failure, the next batches are smaller, until one contains only the transaction whose facts fail.
    /// This transaction is parked and <see cref="RunAgainAsync"/> retries it; the facts of the others are derived meanwhile.
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
                await parked.ParkAsync(work, null, _span.From.ToString(CultureInfo.InvariantCulture), broken);
                await using var move = database.Command(Sql.MoveFrom, Place(_span.To), Place(_span.From));
                await move.ExecuteNonQueryAsync(cancel);
            }

            return true;
        }
    }

    /// <summary>Retries the facts of one transaction that failed before. Facts that were derived since are derived once.</summary>
    /// <param name="place">The transaction.</param>
    public async Task RunAgainAsync(string place, CancellationToken cancel)
    {
        var from = ulong.Parse(place, CultureInfo.InvariantCulture);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await WriteAsync(connection, from, from + 1, cancel);
        await transaction.CommitAsync(cancel);
        await CommittedAsync(cancel);
    }

    /// <summary>Writes the rows of the facts of a range of transactions. The caller commits.</summary>
    /// <param name="to">Exclusive.</param>
    private protected abstract Task WriteAsync(NpgsqlConnection connection, ulong from, ulong to, CancellationToken cancel);

    /// <summary>Called after the rows of a batch are committed.</summary>
    private protected virtual Task CommittedAsync(CancellationToken cancel) => Task.CompletedTask;

    private async Task<bool> DeriveAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var @lock = connection.Command(Sql.TryLock))
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
        await WriteAsync(connection, from, to, cancel);
        await using (var move = connection.Command(Sql.Move, Place(to)))
        {
            await move.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        await CommittedAsync(cancel);
        return to < top;
    }

    private async Task<(ulong From, ulong To, ulong Top, bool HasFacts)> SpanAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = connection.Command(Sql.Span, MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetFieldValue<ulong>(0), reader.GetFieldValue<ulong>(1), reader.GetFieldValue<ulong>(2), reader.GetBoolean(3));
    }

    private protected static NpgsqlParameter Place(ulong xid) => new() { Value = xid, NpgsqlDbType = NpgsqlDbType.Xid8 };
}
