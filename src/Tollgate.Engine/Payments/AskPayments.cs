using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <param name="AskAfter">How long an answer of a provider may take before it is asked what it did. Default 30 seconds.</param>
public sealed record PaymentOptions(TimeSpan AskAfter)
{
    private const int DefaultSeconds = 30;

    /// <summary>Sockets to one provider. A payment takes a second or two, so 32 are a thousand payments a minute; more would take the files of others.</summary>
    public const int MostConnections = 32;

    public static readonly PaymentOptions Default = new(TimeSpan.FromSeconds(DefaultSeconds));

    /// <summary>Where Stripe is, and how long it may take. Default: Stripe's own address, 20 seconds.</summary>
    public StripeOptions Stripe { get; init; } = StripeOptions.Default;
}

/// <summary>
/// Asks providers about payments and refunds whose answer was lost, and tells them the lines that they were not told: the server was killed, or the network was. Any number of servers may ask;
/// the row decides who settles it.
/// </summary>
public sealed class AskPayments(
    NpgsqlDataSource database, ProjectDirectory directory, SettlePayment settle, RefundPayment refund, ProviderLines lines, BillAtProvider bill, PaymentOptions options, ParkedWork parked,
    ILogger<AskPayments> log)
    : Loop(Interval, "Payments could not be asked for", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int MostAtOnce = 100;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        foreach (var (project, payment, _) in await TakeAsync(PaymentSql.TakeUnknown, cancel))
        {
            await parked.TryAsync(WorkNames.Payments, project, payment.ToString("D"), () => settle.AskAsync(project, payment, resends: true, cancel), cancel);
        }

        foreach (var (project, payment, id) in await TakeAsync(PaymentSql.TakeUnknownRefunds, cancel))
        {
            await parked.TryAsync(WorkNames.Refunds, project, id.ToString("D"), () => refund.AskAsync(project, payment, id, cancel), cancel);
        }

        foreach (var (project, subscription) in await lines.TakeUnsentAsync(options.AskAfter, MostAtOnce, cancel))
        {
            if (directory.Current.ProjectsById.TryGetValue(project, out var known))
            {
                await parked.TryAsync(WorkNames.ProviderLines, known, subscription.ToString("D"), () => bill.RunAsync(known, subscription, cancel), cancel);
            }
        }
    }

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
