using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>A movement of recurring revenue, as lists show it. Amounts are minor units per year.</summary>
/// <param name="Step">The number of the subscription's fact.</param>
public sealed record MrrFact(
    Guid Id, Instant At, MrrMovement Kind, string Customer, Guid Subscription, int Step, string Currency, long YearBefore, long YearAfter,
    string? PlanBefore, string Plan, string Interval, string? Reason);

/// <summary>Filters of a list of movements. A null filter matches every movement.</summary>
/// <param name="Customer">The customer's place.</param>
public sealed record MrrFilter(MrrMovement? Kind, string? Currency, string? Plan, (short Partition, int Account)? Customer);

/// <summary>The recurring revenue of a project.</summary>
public sealed class MrrQueries(NpgsqlDataSource database, RateQueries rates)
{
    /// <summary>Returns the MRR of parts that follow each other, in the project's currency, by the movements until now.</summary>
    public async Task<MrrReport> ReportAsync(
        ProjectSnapshot project, IReadOnlyList<ReportSpan> spans, Instant now, CancellationToken cancel)
    {
        var sums = await SumsAsync(project, spans, now, cancel);
        return MrrReport.Of(spans, sums, await rates.LoadAsync(project, cancel));
    }

    /// <summary>Returns a page of movements in a range of time and until now, the newest first.</summary>
    public async Task<IReadOnlyList<MrrFact>> ListAsync(
        ProjectSnapshot project, Period time, Instant now, MrrFilter filter, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            MrrReportSql.List, project.Id, time.Start.ToUtc(), ReportSpan.Happened(time.End, now).ToUtc(),
            SqlCommands.OrNull(filter.Kind is { } kind ? CatalogWords.Of(kind) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Currency, NpgsqlDbType.Text), SqlCommands.OrNull(filter.Plan, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Customer?.Partition, NpgsqlDbType.Smallint),
            SqlCommands.OrNull(filter.Customer?.Account, NpgsqlDbType.Integer), SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var facts = new List<MrrFact>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            facts.Add(new(
                row.Id("id"), row.Time("at"), CatalogWords.Read<MrrMovement>(row.Text("kind")), row.Text("customer"),
                row.Id("subscription"),
                row.Whole("step"), row.Text("currency"), row.Long("year_before"), row.Long("year_after"), row.TextOrNull("plan_before"),
                row.Text("plan"), row.Text("interval"), row.TextOrNull("reason")));
        }

        return facts;
    }

    /// <summary>Reads a sum of minor units.</summary>
    internal static ExactMoney MoneyOf(RowReader row, string amount, string currency) =>
        Currency.Of(row.Text(currency)) is var of ? new(row.Number(amount) / of.MinorPerMajor, of) : default;

    private async Task<IReadOnlyCollection<MrrSum>> SumsAsync(
        ProjectSnapshot project, IReadOnlyList<ReportSpan> spans, Instant now, CancellationToken cancel)
    {
        DateTime[] bounds = [.. spans.Select(static span => span.Time.Start.ToUtc()), spans[^1].Time.End.ToUtc()];
        await using var command = database.Command(
            MrrReportSql.Sums, project.Id, bounds, ReportSpan.Happened(spans[^1].Time.End, now).ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var sums = new List<MrrSum>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            sums.Add(new(
                row.Whole("part"), CatalogWords.Read<MrrMovement>(row.Text("kind")), MoneyOf(row, "year", "currency"), row.Long("number")));
        }

        return sums;
    }
}
