using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>An open reservation's hold on one feature.</summary>
/// <param name="Id">The caller's own id if it gave one.</param>
public sealed record OpenHold(string Id, Quantity Amount, Instant CreatedAt, Instant ExpiresAt);

/// <summary>A threshold that usage crossed.</summary>
public sealed record Crossing(int Percent, Instant PeriodStart, Quantity Used, Quantity Granted, Instant CrossedAt);

/// <summary>A crossing with the number of its feature.</summary>
public sealed record FeatureCrossing(int FeatureKey, Crossing Crossing);

/// <summary>Reads customers. The project bounds every read.</summary>
public sealed class CustomerQueries(NpgsqlDataSource database)
{
    /// <summary>The most open reservations and crossings that an explanation lists.</summary>
    public const int MostReasons = 20;

    /// <summary>Returns null if this project has no such customer.</summary>
    public async Task<CustomerRow?> FindAsync(ProjectSnapshot project, string id, CancellationToken cancel)
    {
        await using var command = database.Command(CustomerSql.Find, CustomerPlace.PartitionOf(project.Id, id), project.Id, id);
        return (await CustomersAsync(command, project, cancel)).SingleOrDefault();
    }

    /// <summary>Returns the customers that exist among the ids, in no order.</summary>
    public async Task<IReadOnlyList<Customer>> FindSeveralAsync(
        ProjectSnapshot project, IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        await using var command = database.Command(
            CustomerSql.FindSeveral, project.Id, ids.Select(id => CustomerPlace.PartitionOf(project.Id, id)).ToArray(), ids.ToArray());
        return [.. (await CustomersAsync(command, project, cancel)).Select(static row => row.Customer)];
    }

    /// <summary>
    /// Finds the customer whose balances the id uses: the owner of a member, otherwise the customer itself. Null: this project has no such
    /// customer.
    /// </summary>
    public async Task<CustomerRow?> FindAccountAsync(ProjectSnapshot project, string id, CancellationToken cancel)
    {
        var found = await FindAsync(project, id, cancel);
        return found?.Owner is { } owner ? await FindAsync(project, owner, cancel) : found;
    }

    /// <summary>Returns plan, add-ons and overrides of an account for every instant.</summary>
    public async Task<TermsTimeline> TermsAsync(ProjectSnapshot project, CustomerRow account, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return (await TermsReader.LoadAsync(connection, project, [account.Partition], [account.Account], cancel))[account.Account];
    }

    /// <summary>Lists in byte order of the id: stable while customers come and go, and the same on every server.</summary>
    /// <param name="after">The id after which the page starts; it need not exist. Null: the beginning.</param>
    /// <param name="search">The beginning of an id or, in any case, of an e-mail address. Null: all.</param>
    public async Task<IReadOnlyList<Customer>> ListAsync(
        ProjectSnapshot project, int limit, string? after, string? search, CancellationToken cancel)
    {
        await using var command = search is null
            ? database.Command(CustomerSql.List, project.Id, after ?? "", limit)
            : database.Command(
                CustomerSql.Search, project.Id, after ?? "", limit, PrefixPattern(search), PrefixPattern(search.ToLowerInvariant()));
        return [.. (await CustomersAsync(command, project, cancel)).Select(static row => row.Customer)];
    }

    /// <summary>Returns the open holds on a feature, oldest first, at most <see cref="MostReasons"/>.</summary>
    public async Task<IReadOnlyList<OpenHold>> OpenHoldsAsync(CustomerRow customer, int feature, Instant now, CancellationToken cancel)
    {
        await using var command = database.Command(
            CustomerSql.OpenHolds, customer.Partition, customer.Account, feature, now.ToUtc(), MostReasons);
        return await ReadAsync(
            command,
            reader => new OpenHold(
                reader.IsDBNull(1) ? reader.GetGuid(0).ToString() : reader.GetString(1),
                Quantity.Of(reader.GetDecimal(2)),
                Instant.FromUtc(reader.GetDateTime(3)),
                Instant.FromUtc(reader.GetDateTime(4))),
            cancel);
    }

    /// <summary>Returns the newest first, at most <see cref="MostReasons"/>.</summary>
    public async Task<IReadOnlyList<Crossing>> CrossingsAsync(CustomerRow customer, int feature, CancellationToken cancel)
    {
        await using var command = database.Command(CustomerSql.Crossings, customer.Partition, customer.Account, feature, MostReasons);
        return await ReadAsync(command, ReadCrossing, cancel);
    }

    /// <summary>Returns the thresholds that the usage of any feature crossed, newest first.</summary>
    public async Task<IReadOnlyList<FeatureCrossing>> AllCrossingsAsync(CustomerRow customer, int most, CancellationToken cancel)
    {
        await using var command = database.Command(CustomerSql.AllCrossings, customer.Partition, customer.Account, most);
        return await ReadAsync(command, reader => new FeatureCrossing(reader.GetInt32(5), ReadCrossing(reader)), cancel);
    }

    private static Crossing ReadCrossing(NpgsqlDataReader reader) => new(
        reader.GetInt16(0),
        Instant.FromUtc(reader.GetDateTime(1)),
        Quantity.Of(reader.GetDecimal(2)),
        Quantity.Of(reader.GetDecimal(3)),
        Instant.FromUtc(reader.GetDateTime(4)));

    private static async Task<IReadOnlyList<CustomerRow>> CustomersAsync(
        NpgsqlCommand command, ProjectSnapshot project, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (row, customers) = (new RowReader(reader), new List<CustomerRow>());
        while (await reader.ReadAsync(cancel))
        {
            customers.Add(CustomerRow.Read(row, project));
        }

        return customers;
    }

    /// <summary>Returns a LIKE pattern for a literal prefix.</summary>
    private static string PrefixPattern(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal)
            .Replace("_", @"\_", StringComparison.Ordinal) + "%";

    private static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<T> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
