using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Npgsql;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Costs;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The revenue of a project.</summary>
public sealed class RevenueQueries(NpgsqlDataSource database)
{
    /// <summary>
    /// The longest time between the creation of an invoice and the end of a line's service period: a year, and some days of tolerance.
    /// </summary>
    private static readonly TimeSpan LongestAhead = TimeSpan.FromDays(400);

    private readonly FoldRevenue _fold = new(database);

    /// <summary>Returns the revenue of each day in one currency, in order of days.</summary>
    public async Task<IReadOnlyList<MoneyAmount>> ByDayAsync(
        ProjectSnapshot project, DayRange days, Currency currency, CancellationToken cancel)
    {
        var sums = await SumsAsync(project, days, currency, RevenueName.None, cancel);
        var minor = sums.TryGetValue("", out var revenue) ? revenue.Rounded() : new long[days.Days];
        return [.. minor.Select(amount => new MoneyAmount(amount, currency))];
    }

    /// <summary>Returns the revenue of each customer in one currency, in minor units. Customers without revenue are left out.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ByCustomerAsync(
        ProjectSnapshot project, DayRange days, Currency currency, CancellationToken cancel)
    {
        var earned = new Dictionary<string, long>(StringComparer.Ordinal);
        var isFolded = await _fold.CatchUpAsync(project.Id, cancel);
        if (isFolded)
        {
            await using var command = database.Command(
                RevenueFoldSql.ByCustomer, project.Id, currency.Code, StartOf(days), EndOf(days));
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                earned[reader.GetString(0)] = (long)reader.GetDecimal(1);
            }
        }

        foreach (var lines in LinesOf(project, days, currency, RevenueName.Customer, isFolded))
        {
            var (current, sum) = ((string?)null, new RevenueByDay(days));
            await foreach (var (customer, invoice) in InvoicesAsync(lines, cancel))
            {
                if (current != customer)
                {
                    Close(current, sum);
                    (current, sum) = (customer, new(days));
                }

                sum.Add(invoice);
            }

            Close(current, sum);
        }

        return earned;

        void Close(string? customer, RevenueByDay sum)
        {
            if (customer is not null)
            {
                earned[customer] = earned.GetValueOrDefault(customer) + sum.Rounded().Sum();
            }
        }
    }

    /// <summary>Returns the revenue of each plan in one currency, in minor units; an empty name: of no plan.</summary>
    public Task<IReadOnlyDictionary<string, long>> ByPlanAsync(
        ProjectSnapshot project, DayRange days, Currency currency, CancellationToken cancel) =>
        ByNameAsync(project, days, currency, RevenueName.Plan, cancel);

    /// <summary>
    /// Returns the revenue of each feature in one currency, in minor units: of its use and its packs. An empty name: of no feature, such as
    /// the price of a plan.
    /// </summary>
    public Task<IReadOnlyDictionary<string, long>> ByFeatureAsync(
        ProjectSnapshot project, DayRange days, Currency currency, CancellationToken cancel) =>
        ByNameAsync(project, days, currency, RevenueName.Feature, cancel);

    private async Task<IReadOnlyDictionary<string, long>> ByNameAsync(
        ProjectSnapshot project, DayRange days, Currency currency, RevenueName by, CancellationToken cancel)
    {
        var sums = await SumsAsync(project, days, currency, by, cancel);
        return sums.ToDictionary(static sum => sum.Key, static sum => sum.Value.Rounded().Sum(), StringComparer.Ordinal);
    }

    /// <summary>Sums by day for each name; an empty name: none.</summary>
    private async Task<Dictionary<string, RevenueByDay>> SumsAsync(
        ProjectSnapshot project, DayRange days, Currency currency, RevenueName by, CancellationToken cancel)
    {
        var sums = new Dictionary<string, RevenueByDay>(StringComparer.Ordinal);
        var isFolded = await _fold.CatchUpAsync(project.Id, cancel);
        if (isFolded)
        {
            await using var command = database.Command(RevenueFoldSql.Days(by), project.Id, currency.Code, days.First, days.Last);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                SumOf(row.TextOrNull("name") ?? "").Earned.Add(
                    row.Value<DateOnly>("day").DayNumber - days.First.DayNumber, row.Number("edge"), row.Number("change"));
            }
        }

        foreach (var lines in LinesOf(project, days, currency, by, isFolded))
        {
            await foreach (var (_, invoice) in InvoicesAsync(lines, cancel))
            {
                RevenueByDay.Add(invoice, line => SumOf(line.Name ?? ""));
            }
        }

        return sums;

        RevenueByDay SumOf(string name) => sums.TryGetValue(name, out var sum) ? sum : sums[name] = new(days);
    }

    /// <summary>Returns the currencies in which the project may have revenue in a range.</summary>
    public async Task<IReadOnlyList<Currency>> CurrenciesAsync(ProjectSnapshot project, DayRange days, CancellationToken cancel)
    {
        var earliest = StartOf(days) - LongestAhead;
        await using var command = await _fold.CatchUpAsync(project.Id, cancel)
            ? database.Command(RevenueFoldSql.Currencies, project.Id, days.First, days.Last, earliest)
            : database.Command(RevenueSql.Currencies, project.Id, LeastIdOf(new DateTimeOffset(earliest)), earliest);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var currencies = new List<Currency>();
        while (await reader.ReadAsync(cancel))
        {
            currencies.Add(Currency.Of(reader.GetString(0)));
        }

        return currencies;
    }

    private static DateTime StartOf(DayRange days) => days.First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);

    private static DateTime EndOf(DayRange days) => days.Last.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);

    /// <summary>Returns the statements on the invoices of providers, and on Tollgate's own unless they are folded.</summary>
    private List<NpgsqlCommand> LinesOf(ProjectSnapshot project, DayRange days, Currency currency, RevenueName by, bool isFolded)
    {
        var (start, end) = (StartOf(days), EndOf(days));
        List<NpgsqlCommand> lines =
        [
            database.Command(RevenueSql.LinesOfProviders(by), project.Id, start - LongestAhead, start, end, currency.Code),
        ];
        if (!isFolded)
        {
            lines.Add(database.Command(
                RevenueSql.Lines(by), project.Id, LeastIdOf(new DateTimeOffset(start) - LongestAhead), start, end, currency.Code));
        }

        return lines;
    }

    /// <summary>Streams invoices with their lines, and the name of the first line: by customer, that of the whole invoice.</summary>
    private static async IAsyncEnumerable<(string? Name, InvoiceRevenue Invoice)> InvoicesAsync(
        NpgsqlCommand lines, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var command = lines;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        (Guid Id, string? Name, InvoiceRevenue Head, List<RevenueLine> Lines)? open = null;
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            if (open?.Id != row.Id("id"))
            {
                if (open is var (_, name, head, done))
                {
                    yield return (name, Whole(head, done));
                }

                open = (row.Id("id"), row.TextOrNull("name"), HeadOf(row), []);
            }

            open.Value.Lines.Add(new(row.Long("amount"), new(row.Time("period_start"), row.Time("period_end")), row.TextOrNull("name")));
        }

        if (open is var (_, last, rest, left))
        {
            yield return (last, Whole(rest, left));
        }
    }

    private static InvoiceRevenue Whole(InvoiceRevenue head, List<RevenueLine> lines) =>
        head with { Lines = lines, Net = lines.Sum(static line => line.Amount) - head.Discount };

    private static InvoiceRevenue HeadOf(RowReader row) => new(
        CatalogWords.Read<InvoiceStatus>(row.Text("status")), 0, row.Long("discount"), row.Long("total"), row.Long("tax"),
        row.Long("given_back"), row.Long("paid"), []);

    /// <summary>Returns the least version 7 UUID of that instant: no id made then or later is less.</summary>
    internal static Guid LeastIdOf(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, at.ToUnixTimeMilliseconds() << 16);
        return new(bytes, bigEndian: true);
    }
}
