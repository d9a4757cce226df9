using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>Reads members. The project bounds every read.</summary>
public sealed class MemberQueries(NpgsqlDataSource database, CustomerQueries customers)
{
    /// <summary>Lists in byte order of the id. Null: this project has no such customer.</summary>
    /// <param name="after">The id after which the page starts; it need not exist. Null: the beginning.</param>
    public async Task<IReadOnlyList<Member>?> ListAsync(
        ProjectSnapshot project, string customer, int limit, string? after, CancellationToken cancel)
    {
        if (await customers.FindAsync(project, customer, cancel) is not { } owner)
        {
            return null;
        }

        await using var command = database.Command(MemberSql.List, owner.Partition, owner.Account, after ?? "", limit);
        return await ReadAsync(command, customer, cancel);
    }

    /// <summary>Returns null if there is no such customer or it has no such member.</summary>
    public async Task<Member?> FindAsync(ProjectSnapshot project, string customer, string id, CancellationToken cancel)
    {
        if (await customers.FindAsync(project, customer, cancel) is not { } owner)
        {
            return null;
        }

        await using var command = database.Command(MemberSql.Find, owner.Partition, owner.Account, id);
        return (await ReadAsync(command, customer, cancel)).SingleOrDefault();
    }

    /// <summary>Returns the customer that this one is a member of; null: none.</summary>
    public Task<string?> OwnerOfAsync(ProjectSnapshot project, string id, CancellationToken cancel) =>
        OwnerOfAsync(database, project, id, cancel);

    internal static async Task<string?> OwnerOfAsync(
        NpgsqlDataSource database, ProjectSnapshot project, string id, CancellationToken cancel)
    {
        await using var command = database.Command(MemberSql.OwnerOf, CustomerPlace.PartitionOf(project.Id, id), project.Id, id);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    internal static async Task<Member?> FindAsync(CustomerChange change, string id, CancellationToken cancel)
    {
        await using var command = change.Command(MemberSql.Find, change.Row.Partition, change.Row.Account, id);
        return (await ReadAsync(command, change.Row.Customer.Id, cancel)).SingleOrDefault();
    }

    private static async Task<List<Member>> ReadAsync(NpgsqlCommand command, string customer, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<Member> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                reader.GetString(0), customer, new(TextOrNull(1), TextOrNull(2), TextOrNull(3)), Instant.FromUtc(reader.GetDateTime(4))));
        }

        return rows;

        string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }
}
