using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Asks providers about payments and refunds whose answer was lost, because the server or the network failed, and sends them line items
/// that they did not get. Any number of servers may ask; the row decides who settles it.
/// </summary>
public sealed class QueryPayments(
    NpgsqlDataSource database, ProjectDirectory directory, SettlePayment settle, RefundPayment refund, ProviderLines lines,
    BillAtProvider bill, PaymentOptions options, ParkedWork parked,
    ILogger<QueryPayments> log)
    : Loop(Interval, "Querying pending payments failed", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The most rows of a kind in one iteration, with the projects in turn: few enough that an unresponsive provider does not delay the
    /// next iteration for minutes.
    /// </summary>
    private const int MostAtOnce = 32;

    /// <summary>The number of concurrent requests.</summary>
    private const int AtOnce = 8;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        await EachAsync(
            await TakeAsync(PaymentSql.TakeUnknown, cancel), WorkNames.Payments, static one => (one.Project, one.Payment),
            one => settle.AskAsync(one.Project, one.Payment, resends: true, cancel), cancel);
        await EachAsync(
            await TakeAsync(PaymentSql.TakeUnknownRefunds, cancel), WorkNames.Refunds, static one => (one.Project, one.Refund),
            one => refund.AskAsync(one.Project, one.Payment, one.Refund, cancel), cancel);
        var known = directory.Current.ProjectsById;
        var unsent = (await lines.TakeUnsentAsync(options.AskAfter, MostAtOnce, cancel)).Where(one => known.ContainsKey(one.Project));
        await EachAsync(
            unsent.Select(one => (Project: known[one.Project], one.Subscription)), WorkNames.ProviderLines,
            static one => (one.Project, one.Subscription),
            one => bill.RunAsync(one.Project, one.Subscription, cancel), cancel);
    }

    private Task EachAsync<T>(
        IEnumerable<T> taken, string work, Func<T, (ProjectSnapshot Project, Guid Subject)> of, Func<T, Task> ask,
        CancellationToken cancel) =>
        Parallel.ForEachAsync(taken, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (one, _) =>
        {
            var (project, subject) = of(one);
            await parked.TryAsync(work, project, subject.ToString("D"), () => ask(one), cancel);
        });

    private async Task<IReadOnlyList<(ProjectSnapshot Project, Guid Payment, Guid Refund)>> TakeAsync(string sql, CancellationToken cancel)
    {
        var projects = directory.Current.ProjectsById;
        await using var command = database.Command(sql, options.AskAfter.TotalSeconds, MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var taken = new List<(ProjectSnapshot, Guid, Guid)>();
        while (await reader.ReadAsync(cancel))
        {
            if (projects.TryGetValue(reader.GetInt32(0), out var project))
            {
                taken.Add((project, reader.GetGuid(1), reader.FieldCount > 2 ? reader.GetGuid(2) : default));
            }
        }

        return taken;
    }
}
