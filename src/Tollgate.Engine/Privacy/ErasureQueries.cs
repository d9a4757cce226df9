using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Privacy;

/// <summary>An erasure, as its log shows it.</summary>
/// <param name="Customer">The pseudonym.</param>
/// <param name="DoneAt">Null: it runs.</param>
/// <param name="Changes">Rows changed or deleted, by table.</param>
public sealed record Erasure(
    Guid Id, string Customer, string Actor, Instant RequestedAt, Instant? DoneAt, IReadOnlyDictionary<string, long> Changes)
{
    /// <summary>One of <see cref="ErasureQueries.Statuses"/>.</summary>
    public string Status => DoneAt is null ? "running" : "done";

    internal static Erasure Read(RowReader row) => new(
        row.Id("id"), row.Text("customer"), row.Text("actor"), row.Time("requested_at"), row.TimeOrNull("done_at"),
        JsonSerializer.Deserialize(row.Text("changes"), ErasureJson.Stored.DictionaryStringInt64)!);
}

/// <summary>Reads the log of erasures.</summary>
public sealed class ErasureQueries(NpgsqlDataSource database, ErasedIds ids)
{
    public static IReadOnlyList<string> Statuses { get; } = ["running", "done"];

    /// <summary>The last erasure of a customer, by its former id or its pseudonym.</summary>
    public async Task<Erasure?> FindAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        await using var command = database.Command(PrivacySql.Find, project.Id, ids.HashOf(project.Id, customer), customer);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Erasure.Read(new(reader)) : null;
    }

    public async Task<IReadOnlyList<Erasure>> ListAsync(ProjectSnapshot project, Guid? after, int rows, CancellationToken cancel)
    {
        await using var command = database.Command(PrivacySql.List, project.Id, SqlCommands.OrNull(after, NpgsqlDbType.Uuid), rows);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (row, list) = (new RowReader(reader), new List<Erasure>());
        while (await reader.ReadAsync(cancel))
        {
            list.Add(Erasure.Read(row));
        }

        return list;
    }

    /// <summary>Projects with a due step.</summary>
    public async Task<IReadOnlyList<ProjectSnapshot>> DueAsync(ProjectDirectory directory, CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        await using var command = database.Command(PrivacySql.Due);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<ProjectSnapshot>();
        while (await reader.ReadAsync(cancel))
        {
            if (projects.TryGetValue(reader.GetInt32(0), out var project))
            {
                due.Add(project);
            }
        }

        return due;
    }
}
