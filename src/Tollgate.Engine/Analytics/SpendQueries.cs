using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Money;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>Money spent to win customers on a day. A correction has a negative amount.</summary>
public sealed record AcquisitionSpend(string Id, DateOnly Day, MoneyAmount Amount, string? Channel, string? Note);

/// <summary>The recorded spend on acquisition. Rows are added and never changed.</summary>
public sealed class SpendQueries(NpgsqlDataSource database)
{
    /// <summary>Records spend once.</summary>
    /// <returns>False: the id was recorded before with different content.</returns>
    public async Task<bool> AddAsync(ProjectSnapshot project, AcquisitionSpend spend, CancellationToken cancel)
    {
        await using var command = database.Command(
            KpiSql.AddSpend, project.Id, spend.Id, spend.Day, spend.Amount.Currency.Code, spend.Amount.Minor,
            SqlCommands.OrNull(spend.Channel, NpgsqlDbType.Text), SqlCommands.OrNull(spend.Note, NpgsqlDbType.Text));
        return await command.ExecuteScalarAsync(cancel) is not null
            || await FindAsync(project, spend.Id, cancel) == spend;
    }

    /// <summary>Returns null if the project has no such record.</summary>
    public async Task<AcquisitionSpend?> FindAsync(ProjectSnapshot project, string id, CancellationToken cancel) =>
        (await ReadAsync(database.Command(KpiSql.FindSpend, project.Id, id), cancel)).SingleOrDefault();

    /// <summary>Returns a page, the latest addition first.</summary>
    public Task<IReadOnlyList<AcquisitionSpend>> ListAsync(ProjectSnapshot project, string? after, int limit, CancellationToken cancel) =>
        ReadAsync(database.Command(KpiSql.ListSpend, project.Id, SqlCommands.OrNull(after, NpgsqlDbType.Text), limit), cancel);

    private static async Task<IReadOnlyList<AcquisitionSpend>> ReadAsync(NpgsqlCommand read, CancellationToken cancel)
    {
        await using var command = read;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<AcquisitionSpend>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                row.Text("id"), row.Value<DateOnly>("day"), new(row.Long("amount"), Currency.Of(row.Text("currency"))),
                row.TextOrNull("channel"), row.TextOrNull("note")));
        }

        return rows;
    }
}
