using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Llm;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Llm;

/// <summary>A price as the database stores it.</summary>
/// <param name="IsOwn">False: all projects share it.</param>
public sealed record PriceRow(long Id, bool IsOwn, ModelPrice Price);

/// <summary>The filter of a list of prices.</summary>
/// <param name="ProjectId">Null: the shared prices alone.</param>
/// <param name="Model">The exact name or alias.</param>
/// <param name="After">The last id of the previous page.</param>
/// <param name="IsOwn">True: only the project's own. False: only shared ones.</param>
/// <param name="At">Only prices that are valid then, one for each name.</param>
public sealed record PriceFilter(int? ProjectId, string? Provider, string? Model, long? After, bool? IsOwn = null, Instant? At = null);

/// <summary>Reads prices from the database.</summary>
public sealed class PriceQueries(NpgsqlDataSource database)
{
    /// <summary>Lists prices, the last added first.</summary>
    public async Task<IReadOnlyList<PriceRow>> ListAsync(PriceFilter filter, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(LlmSql.ListPrices);
        command.Parameters.Add(new() { Value = (object?)filter.ProjectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = (object?)filter.Provider ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)filter.Model ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)filter.After ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = most });
        command.Parameters.Add(new() { Value = (object?)filter.IsOwn ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean });
        command.Parameters.Add(new() { Value = (object?)filter.At?.ToUtc() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<PriceRow> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(reader.GetInt64(0), reader.GetBoolean(1), PriceText.Read(reader.GetString(2))));
        }

        return rows;
    }

    /// <summary>Lists the prices that are valid at an instant, by provider and model.</summary>
    /// <param name="providers">The providers of shared prices; empty: all. The project's own prices are always listed.</param>
    public async Task<IReadOnlyList<PriceRow>> InForceAsync(
        int projectId, Instant at, IReadOnlyList<string> providers, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(LlmSql.PricesInForce);
        command.Parameters.Add(new() { Value = projectId });
        command.Parameters.Add(new() { Value = at.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = providers.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (long)most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<PriceRow> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(reader.GetInt64(0), reader.GetBoolean(1), PriceText.Read(reader.GetString(2))));
        }

        return rows;
    }

    /// <summary>Reads the newest price for each provider, model and start.</summary>
    /// <param name="projectId">Null: the shared ones.</param>
    internal static async Task<IReadOnlyList<ModelPrice>> LoadAsync(NpgsqlConnection connection, int? projectId, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(LlmSql.LoadPrices, connection);
        command.Parameters.Add(new() { Value = (object?)projectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<ModelPrice> prices = [];
        while (await reader.ReadAsync(cancel))
        {
            prices.Add(PriceText.Read(reader.GetString(0)));
        }

        return prices;
    }
}
