using Npgsql;
using NpgsqlTypes;

namespace Tollgate.Engine.Postgres;

/// <summary>Commands with parameters by position.</summary>
internal static class SqlCommands
{
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] parameters) =>
        new NpgsqlCommand(sql, connection).With(parameters);

    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    public static NpgsqlCommand Command(this NpgsqlDataSource database, string sql, params object?[] parameters) =>
        database.CreateCommand(sql).With(parameters);

    /// <summary>A parameter that has a type even if its value is null.</summary>
    public static NpgsqlParameter OrNull(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static NpgsqlCommand With(this NpgsqlCommand command, object?[] parameters)
    {
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter as NpgsqlParameter ?? new NpgsqlParameter { Value = parameter ?? DBNull.Value });
        }

        return command;
    }
}
