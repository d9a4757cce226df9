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
            RateSql.Add, project.Id, rate.Currency, project.Currency, rate.ValidFrom, rate.Rate, Most);
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
                row.Long("sequence"), new(row.Text("currency"), row.Value<DateOnly>("valid_from"), row.Number("rate")),
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
            rates.Add(new(row.Text("currency"), row.Value<DateOnly>("valid_from"), row.Number("rate")));
        }

        return new(Currency.Of(project.Currency), rates);
    }
}

/// <summary>The statements on exchange rates.</summary>
internal static class RateSql
{
    /// <summary>Serialises the additions of a project. $1 project.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(7234021, $1)";

    /// <summary>
    /// Returns the number of the rate that holds on the day: the present one if it is the same. No row: the project has the most rates. $1
    /// project, $2 currency, $3 target, $4 day, $5 rate, $6 the most rates.
    /// </summary>
    public const string Add =
        """
          WITH present AS (
                SELECT r.sequence, r.rate
                  FROM exchange_rates r
                 WHERE r.project_id = $1 AND r.currency = $2 AND r.target = $3 AND r.valid_from = $4
                 ORDER BY r.sequence DESC LIMIT 1),
               added AS (
                INSERT INTO exchange_rates (project_id, currency, target, valid_from, rate)
                SELECT $1, $2, $3, $4, $5
                 WHERE NOT EXISTS (SELECT FROM present p WHERE p.rate = $5)
                   AND (SELECT count(*) FROM exchange_rates r WHERE r.project_id = $1) < $6
                RETURNING sequence)
        SELECT sequence FROM added
         UNION ALL
        SELECT p.sequence FROM present p WHERE p.rate = $5
        """;

    /// <summary>$1 project, $2 currency or null, $3 the sequence after which it starts or null, $4 number of rows.</summary>
    public const string List =
        """
        SELECT r.sequence, r.currency, r.target, r.valid_from, r.rate
          FROM exchange_rates r
         WHERE r.project_id = $1 AND ($2::text IS NULL OR r.currency = $2) AND ($3::bigint IS NULL OR r.sequence < $3)
         ORDER BY r.sequence DESC
         LIMIT $4
        """;

    /// <summary>$1 project, $2 target.</summary>
    public const string Load =
        """
        SELECT DISTINCT ON (r.currency, r.valid_from) r.currency, r.valid_from, r.rate
          FROM exchange_rates r
         WHERE r.project_id = $1 AND r.target = $2
         ORDER BY r.currency, r.valid_from, r.sequence DESC
        """;
}
