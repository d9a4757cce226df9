using System.Runtime.CompilerServices;
using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Privacy;

/// <summary>A table of an export.</summary>
/// <param name="Columns">In the order of the files.</param>
public sealed record ExportedTable(string Name, string Meaning, IReadOnlyList<string> Columns)
{
    internal string Sql { get; init; } = "";
}

/// <summary>The place of a customer, and the tables that an export of it has.</summary>
public sealed record CustomerExport(
    short Partition, int Account, int Project, string Customer, IReadOnlyList<ExportedTable> Tables,
    IReadOnlyList<(string Table, string Reason)> LeftOut);

/// <summary>
/// Reads everything that the database has about a customer, page by page: between pages it holds no connection. The columns are those of
/// the database, so a later column is exported too; keys of rows and secrets are not.
/// </summary>
public sealed class ExportCustomer(NpgsqlDataSource database, UsageKeys keys)
{
    private const int PageRows = 200;

    /// <summary>Null: there is no such customer.</summary>
    public async Task<CustomerExport?> BeginAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        var partition = CustomerPlace.PartitionOf(project.Id, customer);
        await using var connection = await database.OpenConnectionAsync(cancel);
        int account;
        await using (var find = connection.Command(PrivacySql.AccountOf, partition, project.Id, customer))
        {
            if (await find.ExecuteScalarAsync(cancel) is not int found)
            {
                return null;
            }

            account = found;
        }

        var wanted = PersonalTables.Personal.Where(static table => table.NotExported is null).ToArray();
        var columns = await ColumnsAsync(connection, Array.ConvertAll(wanted, static table => table.Name), cancel);
        return new(
            partition, account, project.Id, customer, [.. wanted.Select(table => ExportSql.TableOf(table, columns[table.Name]))],
            [.. PersonalTables.Personal.Where(static table => table.NotExported is not null)
                .Select(static table => (table.Name, table.NotExported!))]);
    }

    /// <summary>The rows of a table as JSON objects.</summary>
    public async IAsyncEnumerable<IReadOnlyList<string>> RowsAsync(
        CustomerExport export, ExportedTable table, [EnumeratorCancellation] CancellationToken cancel)
    {
        string[]? after = null;
        while (true)
        {
            var page = new List<string>(PageRows);
            await using (var command = database.Command(
                table.Sql, export.Partition, export.Account, export.Project, export.Customer, after is null, after ?? [], PageRows))
            await using (var reader = await command.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                {
                    page.Add(reader.GetString(0));
                    after = reader.GetFieldValue<string[]>(1);
                }
            }

            if (table.Name == ExportedUsage.Table)
            {
                page = await ExportedUsage.OpenAsync(database, keys, export, page, cancel);
            }

            yield return page;
            if (page.Count < PageRows)
            {
                yield break;
            }
        }
    }

    private static async Task<Dictionary<string, List<ExportedColumn>>> ColumnsAsync(
        NpgsqlConnection connection, string[] tables, CancellationToken cancel)
    {
        var columns = new Dictionary<string, List<ExportedColumn>>(StringComparer.Ordinal);
        await using var command = connection.Command(PrivacySql.TableColumns, [tables]);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            if (!columns.TryGetValue(row.Text("table_name"), out var list))
            {
                columns[row.Text("table_name")] = list = [];
            }

            list.Add(new(row.Text("column_name"), row.Text("type"), row.WholeOrNull("place")));
        }

        return columns;
    }
}
