using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Costs;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Costs;

/// <summary>
/// Reads costs. Each read first folds the queued calls of its project, so that it includes all calls that were answered before it.
/// </summary>
public sealed class CostQueries(Database database, FoldCalls fold)
{
    /// <summary>The bits of <c>grouping()</c> in <see cref="CostSql.BreakdownOfProject"/>, by list.</summary>
    private const int InTotal = 0b11111;
    private const int ByDay = 0b01111;
    private const int ByProvider = 0b10111;
    private const int ByModel = 0b10011;
    private const int ByFeature = 0b11101;
    private const int ByPlan = 0b11110;

    /// <param name="customer">Null: the whole project. A member stands for the customer whose balances it uses.</param>
    public async Task<CostBreakdown> BreakdownAsync(ProjectSnapshot project, DayRange days, string? customer, CancellationToken cancel)
    {
        await fold.CatchUpAsync(project.Id, cancel);
        customer = await AccountOfAsync(project, customer, cancel);
        await using var command = CommandOf(
            customer is null ? CostSql.BreakdownOfProject : CostSql.BreakdownOfCustomer, project, days, customer);
        command.Parameters.Add(new() { Value = (long)CostBreakdown.MostNames });
        command.Parameters.Add(new() { Value = CostBreakdown.Others, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var lists = new Dictionary<int, List<CostRow>>();
        while (await reader.ReadAsync(cancel))
        {
            var key = reader.GetInt32(0);
            if (!lists.TryGetValue(key, out var list))
            {
                lists[key] = list = [];
            }

            list.Add(Read(reader));
        }

        return new()
        {
            Total = lists.TryGetValue(InTotal, out var total) ? total[0].Totals : CallTotals.Zero,
            Days = ListOf(ByDay), Providers = ListOf(ByProvider), Models = ListOf(ByModel), Features = ListOf(ByFeature),
            Plans = customer is null ? ListOf(ByPlan) : [],
        };

        IReadOnlyList<CostRow> ListOf(int key) => lists.TryGetValue(key, out var rows) ? rows : [];
    }

    /// <summary>Returns at most <paramref name="most"/> rows, by day or month, then by cost, highest first.</summary>
    /// <param name="customer">Null: the whole project. A member stands for the customer whose balances it uses.</param>
    public async Task<IReadOnlyList<CostRow>> GroupsAsync(
        ProjectSnapshot project, DayRange days, CostGroups groups, int most, string? customer, CancellationToken cancel)
    {
        await fold.CatchUpAsync(project.Id, cancel);
        customer = await AccountOfAsync(project, customer, cancel);
        await using var command = CommandOf(customer is null ? CostSql.GroupsOfProject : CostSql.GroupsOfCustomer, project, days, customer);
        command.Parameters.Add(new() { Value = (int)groups });
        command.Parameters.Add(new() { Value = (long)most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<CostRow> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(Read(reader));
        }

        return rows;
    }

    /// <summary>Returns the customers with the highest costs, and the number of customers with calls.</summary>
    public async Task<(IReadOnlyList<CustomerCost> Rows, long Customers)> TopCustomersAsync(
        ProjectSnapshot project, DayRange days, int most, CancellationToken cancel)
    {
        await fold.CatchUpAsync(project.Id, cancel);
        await using var command = database.Source.CreateCommand(CostSql.TopCustomers);
        AddRange(command, project, days);
        command.Parameters.Add(new() { Value = (long)most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<CustomerCost> rows = [];
        var customers = 0L;
        while (await reader.ReadAsync(cancel))
        {
            customers = reader.GetInt64(3);
            rows.Add(new(reader.GetString(0), TotalsAt(reader, 4)));
        }

        return (rows, customers);
    }

    /// <summary>
    /// Streams the latencies of <paramref name="rows"/>, one row at a time so that memory does not grow with the number of model names. It
    /// leaves out rows whose calls report no latency. Features and plans have no latencies.
    /// </summary>
    /// <param name="rows">The rows that <see cref="GroupsAsync"/> read for the same project, days and groups.</param>
    /// <returns>The index of the row, and its histogram.</returns>
    public async IAsyncEnumerable<(int Row, LatencyHistogram Latency)> LatenciesAsync(
        ProjectSnapshot project, DayRange days, CostGroups groups, IReadOnlyList<CostRow> rows,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var prepare = new NpgsqlCommand(CostSql.PrepareLatencies, connection))
        {
            await prepare.ExecuteNonQueryAsync(cancel);
        }

        await using var command = new NpgsqlCommand(CostSql.Latencies, connection);
        AddRange(command, project, days);
        command.Parameters.Add(
            new() { Value = rows.Select(row => row.Day ?? days.First).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        command.Parameters.Add(
            new() { Value = rows.Select(static row => row.Provider ?? "").ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (int)groups });
        command.Parameters.Add(
            new() { Value = rows.Select(static row => row.Model ?? "").ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (line, histogram) = (0L, new LatencyHistogram());
        while (await reader.ReadAsync(cancel))
        {
            if (reader.GetInt64(0) is var next && next != line)
            {
                if (line > 0)
                {
                    yield return ((int)line - 1, histogram);
                }

                (line, histogram) = (next, new());
            }

            histogram.Add(reader.GetInt16(1), reader.GetInt64(2));
        }

        if (line > 0)
        {
            yield return ((int)line - 1, histogram);
        }
    }

    /// <summary>Returns the use of the project's features in the quota periods that reach beyond <paramref name="from"/>.</summary>
    public async Task<IReadOnlyList<FeatureUse>> UsedOfFeaturesAsync(ProjectSnapshot project, Instant from, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(CostSql.UsedOfFeatures);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = from.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<FeatureUse> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(reader.GetString(0), Quantity.Of(reader.GetDecimal(1)), reader.GetInt64(2)));
        }

        return rows;
    }

    private async ValueTask<string?> AccountOfAsync(ProjectSnapshot project, string? customer, CancellationToken cancel) =>
        customer is null ? null : await MemberQueries.OwnerOfAsync(database.Source, project, customer, cancel) ?? customer;

    private NpgsqlCommand CommandOf(string sql, ProjectSnapshot project, DayRange days, string? customer)
    {
        var command = database.Source.CreateCommand(sql);
        AddRange(command, project, days);
        var partition = customer is null ? DBNull.Value : (object)CustomerPlace.PartitionOf(project.Id, customer);
        command.Parameters.Add(new() { Value = partition, NpgsqlDbType = NpgsqlDbType.Smallint });
        command.Parameters.Add(new() { Value = (object?)customer ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        return command;
    }

    private static void AddRange(NpgsqlCommand command, ProjectSnapshot project, DayRange days)
    {
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = days.First, NpgsqlDbType = NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = days.Last, NpgsqlDbType = NpgsqlDbType.Date });
    }

    private static CostRow Read(NpgsqlDataReader reader) =>
        new(DayAt(reader, 1), TextAt(reader, 2), TextAt(reader, 3), TextAt(reader, 4), TextAt(reader, 5), TotalsAt(reader, 6));

    private static CallTotals TotalsAt(NpgsqlDataReader reader, int first) => new(
        reader.GetInt64(first), reader.GetInt64(first + 1), reader.GetInt64(first + 2), reader.GetInt64(first + 3),
        reader.GetInt64(first + 4),
        reader.GetInt64(first + 5), reader.GetInt64(first + 6), Quantity.Of(reader.GetDecimal(first + 7)));

    private static DateOnly? DayAt(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateOnly>(column);

    private static string? TextAt(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
