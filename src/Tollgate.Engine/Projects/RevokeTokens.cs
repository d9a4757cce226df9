using Npgsql;

namespace Tollgate.Engine.Projects;

/// <summary>
/// Ends customer tokens and everything that they opened. Every server refuses them immediately, because it looks tokens up in the database.
/// </summary>
public sealed class RevokeTokens(NpgsqlDataSource database)
{
    /// <returns>False: the customer has no such token.</returns>
    public async Task<bool> RunAsync(ProjectSnapshot project, string customer, Guid token, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.RevokeToken);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = customer });
        command.Parameters.Add(new() { Value = token });
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Ends all tokens of a customer, and its login.</summary>
    internal static async Task OfCustomerInTransactionAsync(
        NpgsqlConnection connection, ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        foreach (var statement in (string[])[ProjectsSql.RevokeTokensOfCustomer, ProjectsSql.RemoveLogin])
        {
            await using var command = new NpgsqlCommand(statement, connection);
            command.Parameters.Add(new() { Value = project.Id });
            command.Parameters.Add(new() { Value = customer });
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}
