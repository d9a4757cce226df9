using System.Buffers.Binary;
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

    /// <summary>Returns the revenue of each day in one currency, in order of days.</summary>
    public async Task<IReadOnlyList<MoneyAmount>> ByDayAsync(
        ProjectSnapshot project, DayRange days, Currency currency, CancellationToken cancel)
    {
        var start = days.First.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        var end = days.Last.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        var revenue = new RevenueByDay(days);
        await AddAsync(
            revenue,
            database.Command(RevenueSql.Lines, project.Id, LeastIdOf(new DateTimeOffset(start) - LongestAhead), start, end, currency.Code),
            cancel);
        await AddAsync(
            revenue, database.Command(RevenueSql.LinesOfProviders, project.Id, start - LongestAhead, start, end, currency.Code), cancel);
        return [.. revenue.Rounded().Select(minor => new MoneyAmount(minor, currency))];
    }

    private static async Task AddAsync(RevenueByDay revenue, NpgsqlCommand lines, CancellationToken cancel)
    {
        await using var command = lines;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        (Guid Id, InvoiceRevenue Head, List<RevenueLine> Lines)? open = null;
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            if (open?.Id != row.Id("id"))
            {
                Close(revenue, open);
                open = (row.Id("id"), HeadOf(row), []);
            }

            open.Value.Lines.Add(
                new(row.Long("amount"), new(row.Time("period_start"), row.Time("period_end"))));
        }

        Close(revenue, open);
    }

    private static void Close(RevenueByDay revenue, (Guid Id, InvoiceRevenue Head, List<RevenueLine> Lines)? open)
    {
        if (open is var (_, head, lines))
        {
            revenue.Add(head with { Lines = lines, Net = lines.Sum(static line => line.Amount) - head.Discount });
        }
    }

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
