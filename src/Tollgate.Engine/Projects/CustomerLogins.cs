using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>A customer who may log in.</summary>
/// <param name="PasswordHash">As the caller's hasher made it.</param>
/// <param name="Issuer">The key that set the login, of which everything is that the login issues; null: the server itself.</param>
public sealed record CustomerLogin(string Customer, string PasswordHash, Guid? Issuer);

/// <summary>
/// User names and passwords of customers, for a product that has no tokens of its own: with them a browser gets a customer token. The app
/// sets them. A login ends with the key that set it, like everything that a key issues. This class sees only hashes of passwords.
/// </summary>
public sealed class CustomerLogins(NpgsqlDataSource database)
{
    /// <summary>Sets the customer's login in place of an earlier one.</summary>
    /// <returns>Null: another customer of the project has the user name.</returns>
    public async Task<Instant?> SetAsync(
        ProjectSnapshot project, string customer, string username, string passwordHash, Guid? key, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.SetLogin);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = username });
        command.Parameters.Add(new() { Value = customer });
        command.Parameters.Add(new() { Value = passwordHash });
        command.Parameters.Add(new() { Value = (object?)key ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        try
        {
            return Instant.FromUtc((DateTime)(await command.ExecuteScalarAsync(cancel))!);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return null;
        }
    }

    /// <returns>False: the customer had none.</returns>
    public async Task<bool> RemoveAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.RemoveLogin);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = customer });
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Returns null if nobody has the user name, or the key that set the login has ended.</summary>
    public async Task<CustomerLogin?> FindAsync(ProjectSnapshot project, string username, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.FindLogin);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = username });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetGuid(2))
            : null;
    }
}
