using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Analytics;
using Tollgate.Core.Money;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>A recorded exchange rate.</summary>
public sealed record RateRow(long Sequence, ExchangeRate Rate, string Target);

/// <summary>The exchange rates into the project's currency. Rows are added and never changed.</summary>
public sealed class RateQueries(NpgsqlDataSource database)
{
    /// <summary>The most rates of a project: daily rates of a hundred currencies over nearly three years.</summary>
    public const int Most = 100_000;

    /// <summary>Adds a rate, which replaces an earlier one of the same day. Adding the rate that holds on the day adds no row.</summary>
    /// <returns>Null: the project has <see cref="Most"/> rates.</returns>
    public async Task<RateRow?> SetAsync(ProjectSnapshot project, ExchangeRate rate, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(RateSql.Lock, cancel, project.Id);
        await using var command = connection.Command(
            RateSql.Add, project.Id, rate.Currency, project.Currency, rate.ValidFrom, rate.Rate.Value, Most);
        var sequence = await command.ExecuteScalarAsync(cancel);
        await transaction.CommitAsync(cancel);
        return sequence is long number ? new(number, rate, project.Currency) : null;
    }

    /// <summary>Returns a page of rates, the latest addition first.</summary>
    public async Task<IReadOnlyList<RateRow>> ListAsync(
        ProjectSnapshot project, string? currency, long? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            RateSql.List, project.Id, SqlCommands.OrNull(currency, NpgsqlDbType.Text), SqlCommands.OrNull(after, NpgsqlDbType.Bigint),
            limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<RateRow>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                row.Long("sequence"), new(row.Text("currency"), row.Value<DateOnly>("valid_from"), UnitPrice.Of(row.Number("rate"))),
                row.Text("target")));
        }

        return rows;
    }

    /// <summary>Returns all rates into the project's currency; of several of one day the last one.</summary>
    public async Task<ExchangeRates> LoadAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(RateSql.Load, project.Id, project.Currency);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rates = new List<ExchangeRate>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rates.Add(new(row.Text("currency"), row.Value<DateOnly>("valid_from"), UnitPrice.Of(row.Number("rate"))));
        }

        return new(Currency.Of(project.Currency), rates);
    }
}
