using System.Runtime.CompilerServices;
using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

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
/// Reads everything that the database has about a customer, page by page: between pages it holds no connection. The columns are those of the
/// database, so a later column is exported too; keys of rows and secrets are not.
/// </summary>
public sealed class ExportCustomer(NpgsqlDataSource database)
{
    private const int PageRows = 200;

    /// <summary>Columns that say nothing about the customer: numbers by which the server finds and orders rows.</summary>
    private static readonly string[] Internal = [
        "partition", "account", "project_id", "xid", "pushed", "issuer", "leased_until", "taken_at"];

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
            partition, account, project.Id, customer, [.. wanted.Select(table => TableOf(table, columns[table.Name]))],
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

            yield return page;
            if (page.Count < PageRows)
            {
                yield break;
            }
        }
    }

    private static async Task<Dictionary<string, List<Column>>> ColumnsAsync(
        NpgsqlConnection connection, string[] tables, CancellationToken cancel)
    {
        var columns = new Dictionary<string, List<Column>>(StringComparer.Ordinal);
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

    private static ExportedTable TableOf(PersonalTable table, List<Column> columns)
    {
        var secret = SecretsSql.Columns.Where(one => one.Table == table.Name).Select(static one => one.Column);
        var hidden = Internal.Concat(table.Hidden).Concat(secret).ToHashSet(StringComparer.Ordinal);
        var shown = columns.Where(column => !hidden.Contains(column.Name) && column.Type != "bytea").ToArray();
        var keys = columns.Where(static column => column.Place is not null && column.Name is not ("partition" or "account"))
            .OrderBy(static column => column.Place).ToArray();

        // A table with one row of the customer has no further key.
        var places = keys.Length == 0 ? "ARRAY['']" : $"ARRAY[{string.Join(", ", keys.Select(static key => $"t.{key.Name}::text"))}]";
        var after = keys.Length == 0
            ? "$5"
            : $"($5 OR ({string.Join(", ", keys.Select(static key => $"t.{key.Name}"))}) > "
                + $"({string.Join(", ", keys.Select(static (key, i) => $"($6::text[])[{i + 1}]::{key.Type}"))}))";
        var order = keys.Length == 0 ? "" : $"ORDER BY {string.Join(", ", keys.Select(static key => $"t.{key.Name}"))}";
        return new(table.Name, table.Meaning, Array.ConvertAll(shown, static column => column.Shown))
        {
            Sql =
                $"""
                SELECT jsonb_build_object({string.Join(", ", shown.Select(static column => $"'{column.Shown}', {column.Value}"))})::text, {places}
                  FROM {table.Name} AS t
                 WHERE ({table.Where}) AND {after}
                 {order}
                 LIMIT $7
                """,
        };
    }

    /// <param name="Place">The position in the primary key; null: it is no part of it.</param>
    private sealed record Column(string Name, string Type, int? Place)
    {
        /// <summary>Numbers of features and plans appear as their codes.</summary>
        public string Shown => Name == "plan_version_id" ? "plan_version" : Name;

        public string Value => (Name, Type) switch
        {
            ("feature", "integer") => "(SELECT f.code FROM features f WHERE f.id = t.feature)",
            ("features" or "held_features", "integer[]") =>
                $"(SELECT jsonb_agg(f.code ORDER BY u.place) FROM unnest(t.{Name}) WITH ORDINALITY AS u (id, place) JOIN features f ON f.id = u.id)",
            ("plan_version_id" or "previous_plan_version_id", _) =>
                $"(SELECT v.plan || ' ' || v.version FROM plan_versions v WHERE v.id = t.{Name})",
            _ => $"t.{Name}",
        };
    }
}
