using Npgsql;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>An open reservation as far as it lies on one feature.</summary>
/// <param name="Id">The caller's own id where one was given.</param>
public sealed record OpenHold(string Id, Quantity Amount, Instant CreatedAt, Instant ExpiresAt);

/// <summary>A threshold that usage went through.</summary>
public sealed record Crossing(int Percent, Instant PeriodStart, Quantity Used, Quantity Granted, Instant CrossedAt);

/// <summary>A crossing with the number of its feature.</summary>
public sealed record FeatureCrossing(int FeatureKey, Crossing Crossing);

/// <summary>The reads of the room Customers. Every one of them is bounded by the project.</summary>
public sealed class CustomerQueries(NpgsqlDataSource database)
{
    /// <summary>Open reservations and crossings that an explanation lists at most.</summary>
    public const int MostReasons = 20;

    /// <summary>Null: this project has no such customer.</summary>
    public async Task<CustomerRow?> FindAsync(ProjectSnapshot project, string id, CancellationToken cancel)
    {
        await using var command = database.Command(CustomerSql.Find, CustomerPlace.PartitionOf(project.Id, id), project.Id, id);
        return (await ReadAsync(command, reader => CustomerRow.Read(reader, project), cancel)).SingleOrDefault();
    }

    /// <summary>Those of the ids that the project has, in no order.</summary>
    public async Task<IReadOnlyList<Customer>> FindSeveralAsync(
        ProjectSnapshot project, IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        await using var command = database.Command(
            CustomerSql.FindSeveral, project.Id, ids.Select(id => CustomerPlace.PartitionOf(project.Id, id)).ToArray(), ids.ToArray());
        return await ReadAsync(command, reader => CustomerRow.Read(reader, project).Customer, cancel);
    }

    /// <summary>
    /// Of a member the customer whose balances it uses, of others the customer itself. Null: this project has no such customer.
    /// </summary>
    public async Task<CustomerRow?> FindAccountAsync(ProjectSnapshot project, string id, CancellationToken cancel)
    {
        var found = await FindAsync(project, id, cancel);
        return found?.Owner is { } owner ? await FindAsync(project, owner, cancel) : found;
    }

    /// <summary>Plan, add-ons and overrides of an account for every instant.</summary>
    public async Task<TermsTimeline> TermsAsync(ProjectSnapshot project, CustomerRow account, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return (await TermsReader.LoadAsync(connection, project, [account.Partition], [account.Account], cancel))[account.Account];
    }

    /// <summary>In byte order of the id: stable while customers come and go, the same on every server.</summary>
    /// <param name="after">The id after which the page starts; it need not exist (any more). Null: the beginning.</param>
    /// <param name="search">The beginning of an id or, in any case, of an e-mail address. Null: all.</param>
    public async Task<IReadOnlyList<Customer>> ListAsync(
        ProjectSnapshot project, int limit, string? after, string? search, CancellationToken cancel)
    {
        await using var command = search is null
            ? database.Command(CustomerSql.List, project.Id, after ?? "", limit)
            : database.Command(
                CustomerSql.Search, project.Id, after ?? "", limit, PrefixPattern(search), PrefixPattern(search.ToLowerInvariant()));
        return await ReadAsync(command, reader => CustomerRow.Read(reader, project).Customer, cancel);
    }

    /// <summary>What lies on a feature right now, oldest first, at most <see cref="MostReasons"/>.</summary>
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

    /// <summary>Newest first, at most <see cref="MostReasons"/>.</summary>
    public async Task<IReadOnlyList<Crossing>> CrossingsAsync(CustomerRow customer, int feature, CancellationToken cancel)
    {
        await using var command = database.Command(CustomerSql.Crossings, customer.Partition, customer.Account, feature, MostReasons);
        return await ReadAsync(command, ReadCrossing, cancel);
    }

    /// <summary>Thresholds that the usage of any feature went through, newest first.</summary>
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

    /// <summary>The text taken literally, followed by anything.</summary>
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
