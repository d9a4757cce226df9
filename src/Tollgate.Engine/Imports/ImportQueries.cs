using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Imports;

/// <summary>Reads of imports.</summary>
public sealed class ImportQueries(NpgsqlDataSource database)
{
    /// <summary>The most sums that an answer shows: two years of 80 features.</summary>
    private const int MostSums = 2_000;

    public async Task<ImportRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(ImportSql.Find, project.Id, id);
        return await OneAsync(command, cancel);
    }

    internal async Task<ImportRow?> FindByKeyAsync(ProjectSnapshot project, string key, CancellationToken cancel)
    {
        await using var command = database.Command(ImportSql.ByKey, project.Id, key);
        return await OneAsync(command, cancel);
    }

    public async Task<IReadOnlyList<ImportRow>> ListAsync(
        ProjectSnapshot project, ImportStatus? status, Guid? after, int most, CancellationToken cancel)
    {
        await using var command = database.Command(
            ImportSql.List, project.Id, SqlCommands.OrNull(status is { } one ? CatalogWords.Of(one) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid), most);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (rows, row) = (new List<ImportRow>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(ImportRow.Read(row));
        }

        return rows;
    }

    /// <summary>The first <see cref="ImportLimits.Listed"/> rejected records, in the order of their lines.</summary>
    public async Task<IReadOnlyList<ImportRejection>> RejectionsAsync(Guid import, CancellationToken cancel)
    {
        await using var command = database.Command(ImportSql.Rejections, import);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ImportRejection>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(
                new(
                    reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetString(1), new(reader.GetString(2), reader.GetString(3))));
        }

        return rows;
    }

    public async Task<IReadOnlyList<ImportSum>> SumsAsync(Guid import, CancellationToken cancel)
    {
        await using var command = database.Command(ImportSql.Sums, import, MostSums);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ImportSum>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(
                new(reader.GetString(0), reader.GetFieldValue<DateOnly>(1), reader.GetString(2), reader.GetInt64(3), reader.GetDecimal(4)));
        }

        return rows;
    }

    private static async Task<ImportRow?> OneAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? ImportRow.Read(new(reader)) : null;
    }
}
