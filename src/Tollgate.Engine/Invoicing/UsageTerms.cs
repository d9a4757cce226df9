using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>The entitlements of a batch's customers at every instant, and the times at which a subscription sold overage.</summary>
internal sealed class UsageTerms(
    ProjectSnapshot project, IReadOnlyDictionary<int, TermsTimeline> terms, IReadOnlyDictionary<int, List<SellingSpan>> sold)
{
    /// <param name="since">The earliest instant needed, for each customer.</param>
    public static async Task<UsageTerms> LoadAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyCollection<(CustomerRow Customer, Instant Since)> since,
        CancellationToken cancel)
    {
        var (partitions, accounts) =
            (since.Select(static one => one.Customer.Partition).ToArray(), since.Select(static one => one.Customer.Account).ToArray());
        var terms = await TermsReader.LoadAsync(connection, project, partitions, accounts, cancel);
        return new(
            project, terms, await SoldAsync(connection, partitions, accounts, [.. since.Select(static one => one.Since.ToUtc())], cancel));
    }

    public TermsTimeline Of(CustomerRow customer) => terms[customer.Account];

    public IReadOnlyList<UsageSegment> SegmentsOf(CustomerRow customer, FeatureEntry feature, Period period, Currency currency) =>
        SegmentRules.Of(feature, period, Of(customer), SoldTo(customer), currency, project.Zone, customer.Cycles);

    /// <summary>Returns the customer's subscriptions in the order of time; one that still sells does so for ever.</summary>
    private IReadOnlyList<SellingSpan> SoldTo(CustomerRow customer) => sold.TryGetValue(customer.Account, out var spans) ? spans : [];

    private static async Task<Dictionary<int, List<SellingSpan>>> SoldAsync(
        NpgsqlConnection connection, short[] partitions, int[] accounts, DateTime[] since, CancellationToken cancel)
    {
        var sold = new Dictionary<int, List<SellingSpan>>();
        await using (var command = connection.Command(InvoiceSql.Selling, partitions, accounts, since))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var account = reader.GetInt32(0);
                var spans = sold.TryGetValue(account, out var known) ? known : sold[account] = [];
                var (at, currency) = (Instant.FromUtc(reader.GetDateTime(1)), Currency.Of(reader.GetString(3)));
                if (reader.GetBoolean(2))
                {
                    spans.Add(new(new(at, Instant.FarFuture), currency));
                }
                else
                {
                    spans[^1] = spans[^1] with { Period = spans[^1].Period with { End = at } };
                }
            }
        }

        foreach (var spans in sold.Values)
        {
            spans.Sort(static (a, b) => a.Period.Start.CompareTo(b.Period.Start));
        }

        return sold;
    }
}
