using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Quota periods of time-weighted levels. Time uses them without reports: before Tollgate bills usage, it makes the row of each period
/// in which an earlier level holds. A feature that left the catalogue gets no further rows. The caller locks the customers, so no report
/// arrives meanwhile.
/// </summary>
internal sealed class TimedPeriods(NpgsqlConnection connection, ProjectSnapshot project)
{
    /// <param name="Since">Periods that ended before it have their rows.</param>
    /// <param name="Until">Periods that began before it get a row.</param>
    public sealed record Wanted(CustomerRow Customer, Instant Since, Instant Until);

    private readonly record struct Missing(CustomerRow Customer, int Feature, Period Period, Quantity? Quota, long Whole);

    public async Task OpenAsync(IReadOnlyCollection<Wanted> wanted, CancellationToken cancel)
    {
        var features = project.Catalog.TimedFeatures.Where(feature => project.Catalog.Features.ContainsKey(feature.Code))
            .Select(static feature => feature.Key).ToArray();
        if (features.Length == 0)
        {
            return;
        }

        var first = await ReadAsync(InvoiceSql.FirstReports, wanted, features, cancel);
        if (first.Count == 0)
        {
            return;
        }

        var known = (await ReadAsync(InvoiceSql.TimedRows, wanted, features, cancel))
            .ToLookup(static one => (one.Account, one.Feature), static one => one.Period);
        var accounts = first.Select(static one => one.Account).ToHashSet();
        var customers = wanted.Where(one => accounts.Contains(one.Customer.Account)).ToDictionary(static one => one.Customer.Account);
        var terms = await TermsReader.LoadAsync(
            connection, project, [.. customers.Values.Select(static one => one.Customer.Partition)], [.. customers.Keys], cancel);
        var missing = new List<Missing>();
        foreach (var (account, feature, at) in first)
        {
            missing.AddRange(MissingOf(customers[account], terms[account], project.Catalog.FeatureOf(feature), at.Start)
                .Where(one => !known[(account, feature)].Any(row => row.Start < one.Period.End && one.Period.Start < row.End)));
        }

        await WriteAsync(missing, cancel);
    }

    /// <summary>Returns all periods. The caller drops those that have a row, or overlap one of a cycle that is no longer stored.</summary>
    private IEnumerable<Missing> MissingOf(Wanted wanted, TermsTimeline terms, FeatureEntry feature, Instant first)
    {
        var customer = wanted.Customer;
        var level = new AccountState
        {
            ProjectId = project.Id, Customer = customer.Customer.Id, Partition = customer.Partition, Key = customer.Account,
            CustomerVersion = 0, CatalogRevision = project.Catalog.Revision, Terms = terms, CustomerSince = first, Zone = project.Zone,
            Cycles = customer.Cycles, FeaturesByCode = project.Catalog.Features,
        }.FeatureOf(feature);
        for (var period = level.PeriodAt(first > wanted.Since ? first : wanted.Since);
             period.Start < wanted.Until;
             period = level.PeriodAt(period.End))
        {
            yield return new(
                customer, feature.Key, period, level.QuotaIn(period), TimedLevel.WholeOf(period.Start, project.Zone, customer.Cycles));
        }
    }

    private async Task WriteAsync(List<Missing> missing, CancellationToken cancel)
    {
        if (missing.Count > 0)
        {
            await using var command = connection.Command(
                TimedSql.OpenTimed,
                missing.Select(static one => one.Customer.Partition).ToArray(),
                missing.Select(static one => one.Customer.Account).ToArray(),
                missing.Select(static one => one.Feature).ToArray(),
                missing.Select(static one => one.Period.Start.ToUtc()).ToArray(),
                missing.Select(static one => one.Period.End.ToUtc()).ToArray(),
                missing.Select(static one => one.Quota?.Value).ToArray(),
                missing.Select(static one => one.Whole).ToArray());
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private async Task<List<(int Account, int Feature, Period Period)>> ReadAsync(
        string sql, IReadOnlyCollection<Wanted> wanted, int[] features, CancellationToken cancel)
    {
        await using var command = connection.Command(
            sql,
            wanted.Select(static one => one.Customer.Partition).ToArray(),
            wanted.Select(static one => one.Customer.Account).ToArray(),
            features,
            wanted.Select(static one => one.Since.ToUtc()).ToArray());
        var found = new List<(int, int, Period)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            found.Add((
                reader.GetInt32(0), reader.GetInt32(1),
                new(Instant.FromUtc(reader.GetDateTime(2)), Instant.FromUtc(reader.GetDateTime(3)))));
        }

        return found;
    }
}
