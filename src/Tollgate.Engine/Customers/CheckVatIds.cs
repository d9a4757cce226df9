using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>A customer whose VAT id is asked for.</summary>
/// <param name="Seller">The project's own VAT id; null: it has none in VIES.</param>
public sealed record DueVatCheck(int Project, string Customer, string Country, string TaxId, ViesId? Seller)
{
    /// <summary>In the list of parked work: a customer with a new id waits for nothing.</summary>
    public string Subject => $"{Customer}/{TaxId}";
}

/// <summary>VIES did not answer. The customer's id stays pending and is asked for again.</summary>
public sealed class ViesUnavailableException : Exception
{
    public ViesUnavailableException()
    {
    }

    public ViesUnavailableException(string message)
        : base(message)
    {
    }

    public ViesUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>
/// Finds out whether customers' VAT ids exist, and keeps each answer. Nothing waits for it: invoices use what is known. Sandbox projects are answered at once and without
/// the network (<see cref="VatCheckRules.InSandbox"/>).
/// </summary>
public sealed class CheckVatIds(NpgsqlDataSource database, ViesClient vies, Clock clock)
{
    /// <summary>Whether the id of a profile is asked for at all.</summary>
    internal bool Asks(ProjectSnapshot project, CustomerProfile profile) =>
        (project.Mode == ProjectMode.Sandbox || vies.IsOn) && VatIds.InVies(profile.Country, profile.TaxId) is not null;

    /// <summary>After a customer got an id.</summary>
    internal async Task<VatStanding> BeginAsync(ProjectSnapshot project, string customer, CustomerProfile profile, CancellationToken cancel)
    {
        if (!Asks(project, profile))
        {
            return VatStanding.Unchecked;
        }

        if (project.Mode != ProjectMode.Sandbox)
        {
            return VatStanding.Pending;
        }

        var due = new DueVatCheck(project.Id, customer, profile.Country!, profile.TaxId!, null);
        return VatStanding.Of(await AskAsync(project, due, cancel), isDue: true);
    }

    /// <summary>Takes some that are due; other servers take others.</summary>
    public async Task<IReadOnlyList<DueVatCheck>> ClaimAsync(int most, CancellationToken cancel)
    {
        await using var command = database.Command(VatSql.Claim, most, WorkNames.VatChecks);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var due = new List<DueVatCheck>();
        while (await row.ReadAsync(cancel))
        {
            var seller = row.IsDBNull(4) || row.IsDBNull(5) ? null : VatIds.InVies(row.GetString(4), row.GetString(5));
            due.Add(new(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), seller));
        }

        return due;
    }

    /// <exception cref="ViesUnavailableException">There was no answer.</exception>
    public async Task RunAsync(ProjectSnapshot project, DueVatCheck due, CancellationToken cancel)
    {
        if (await AskAsync(project, due, cancel) is { Answer: VatAnswer.Unavailable } none)
        {
            throw new ViesUnavailableException(none.Detail ?? "VIES did not answer.");
        }
    }

    /// <summary>Null: nobody is asked for this id, and it is not due any more.</summary>
    private async Task<VatCheck?> AskAsync(ProjectSnapshot project, DueVatCheck due, CancellationToken cancel)
    {
        var partition = CustomerPlace.PartitionOf(project.Id, due.Customer);
        var isSandbox = project.Mode == ProjectMode.Sandbox;
        if (VatIds.InVies(due.Country, due.TaxId) is not { } id || !(isSandbox || vies.IsOn))
        {
            await using var drop = database.Command(VatSql.Drop, partition, project.Id, due.Customer, due.TaxId);
            await drop.ExecuteNonQueryAsync(cancel);
            return null;
        }

        var now = clock.Now(project);
        var check = isSandbox ? VatCheckRules.InSandbox(id, now) : await SharedAsync(project, id, now, cancel) ?? await vies.AskAsync(id, due.Seller, now, cancel);
        await using var command = database.Command(
            VatSql.Record, partition, project.Id, due.Customer, due.Country, due.TaxId, Guid.CreateVersion7(), id.ToString(), CatalogWords.Of(check.Answer), check.Source,
            check.AskedAt.ToUtc(), OrNull(check.Consultation), OrNull(check.Name), OrNull(check.Detail), VatCheckRules.AskAgainAfter(check.Answer).TotalSeconds);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
        return check;
    }

    private async Task<VatCheck?> SharedAsync(ProjectSnapshot project, ViesId id, Instant now, CancellationToken cancel)
    {
        await using var command = database.Command(VatSql.Shared, project.Id, id.ToString(), now.Minus(VatCheckRules.Shared).ToUtc());
        await using var row = await command.ExecuteReaderAsync(cancel);
        return await row.ReadAsync(cancel)
            ? new(CatalogWords.Read<VatAnswer>(row.GetString(0)), row.GetString(1), Instant.FromUtc(row.GetDateTime(2)))
            {
                Consultation = row.IsDBNull(3) ? null : row.GetString(3),
                Name = row.IsDBNull(4) ? null : row.GetString(4),
            }
            : null;
    }

    private static NpgsqlParameter OrNull(string? text) => CustomerCommands.OrNull(text, NpgsqlDbType.Text);
}

/// <summary>
/// Looks every two seconds for VAT ids that are due. Customers with one id are asked for one after the other, so that the first answer serves the others. An id without an
/// answer is parked by itself; after a page with such a one the loop rests until its next look, so that a VIES that is down is not asked for everybody at once.
/// </summary>
public sealed class CheckVatLoop(CheckVatIds check, ProjectDirectory directory, ParkedWork parked, ILogger<CheckVatLoop> log) : Loop(Interval, "VAT ids were not checked", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>At most 5 rounds of 5 seconds: less than the minute for which they are taken.</summary>
    private const int MostAtOnce = 20, AtOnce = 4;

    /// <summary>All that can be answered now.</summary>
    public async Task LookOnceAsync(CancellationToken cancel)
    {
        while (await PageAsync(cancel))
        {
            // The next page.
        }
    }

    protected override Task LookAsync(CancellationToken cancel) => LookOnceAsync(cancel);

    /// <returns>Whether there may be more that can be answered now.</returns>
    private async Task<bool> PageAsync(CancellationToken cancel)
    {
        var due = await check.ClaimAsync(MostAtOnce, cancel);
        var failed = 0;
        var ids = due.GroupBy(static one => (one.Project, VatIds.InVies(one.Country, one.TaxId)));
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (same, stop) =>
        {
            foreach (var one in same)
            {
                if (directory.Current.ProjectsById.TryGetValue(one.Project, out var project)
                    && !await parked.TryAsync(WorkNames.VatChecks, project, one.Subject, () => check.RunAsync(project, one, stop), stop))
                {
                    Interlocked.Increment(ref failed);
                }
            }
        });
        return due.Count == MostAtOnce && failed == 0;
    }
}
