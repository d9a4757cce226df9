using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>A customer whose VAT id is due for a check.</summary>
/// <param name="Seller">The project's own VAT id; null: it has none that VIES knows.</param>
public sealed record DueVatCheck(int Project, string Customer, string Country, string TaxId, ViesId? Seller)
{
    /// <summary>
    /// The subject in the list of parked work. It contains the id, so that a new id does not wait for the old one's retry.
    /// </summary>
    public string Subject => $"{Customer}/{TaxId}";
}

/// <summary>VIES did not answer. The customer's id stays pending, and Tollgate asks again.</summary>
public sealed class ViesUnavailableException : OutsideUnavailableException
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
/// Checks whether customers' VAT ids exist, and stores each answer. Nothing waits for it: invoices use the last answer. Ids of sandbox
/// projects are answered at once and without the network (<see cref="VatCheckRules.InSandbox"/>).
/// </summary>
public sealed class CheckVatIds(NpgsqlDataSource database, ViesClient vies, Clock clock)
{
    /// <summary>If false, ids stay due until VIES is enabled again.</summary>
    public bool IsOn => vies.IsOn;

    /// <summary>Called after a customer may have received an id: answers it at once in a sandbox.</summary>
    internal async Task<Customer> BeginAsync(ProjectSnapshot project, Customer customer, CancellationToken cancel)
    {
        if (project.Mode != ProjectMode.Sandbox || customer.Vat is not { Status: VatStatus.Pending, Check: null })
        {
            return customer;
        }

        var due = new DueVatCheck(project.Id, customer.Id, customer.Profile.Country!, customer.Profile.TaxId!, null);
        var check = await AskAsync(project, due, cancel);
        return customer with { Vat = VatStanding.Of(check, isDue: true) with { AskedSince = check?.AskedAt } };
    }

    /// <summary>Takes some ids that are due; other servers take others.</summary>
    /// <param name="most">The limit for all projects together.</param>
    /// <param name="ofOneProject">The limit for each project.</param>
    public async Task<IReadOnlyList<DueVatCheck>> ClaimAsync(int most, int ofOneProject, CancellationToken cancel)
    {
        await using var command = database.Command(VatSql.Claim, most, WorkNames.VatChecks, ofOneProject);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var due = new List<DueVatCheck>();
        while (await row.ReadAsync(cancel))
        {
            var seller = row.IsDBNull(4) || row.IsDBNull(5) ? null : VatIds.InVies(row.GetString(4), row.GetString(5));
            due.Add(new(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), seller));
        }

        return due;
    }

    /// <exception cref="ViesUnavailableException">VIES did not answer.</exception>
    public async Task RunAsync(ProjectSnapshot project, DueVatCheck due, CancellationToken cancel)
    {
        if (await AskAsync(project, due, cancel) is { Answer: VatAnswer.Unavailable } none)
        {
            throw new ViesUnavailableException(none.Detail ?? "VIES did not answer.");
        }
    }

    /// <summary>Returns null if VIES has no register for this id; the id is no longer due then.</summary>
    private async Task<VatCheck?> AskAsync(ProjectSnapshot project, DueVatCheck due, CancellationToken cancel)
    {
        var partition = CustomerPlace.PartitionOf(project.Id, due.Customer);
        if (VatIds.InVies(due.Country, due.TaxId) is not { } id)
        {
            await using var drop = database.Command(VatSql.Drop, partition, project.Id, due.Customer, due.TaxId);
            await drop.ExecuteNonQueryAsync(cancel);
            return null;
        }

        var now = clock.Now(project);
        var check = project.Mode == ProjectMode.Sandbox
            ? VatCheckRules.InSandbox(id, now)
            : await SharedAsync(project, id, now, cancel) ?? await vies.AskAsync(id, due.Seller, now, cancel);
        await using var command = database.Command(
            VatSql.Record, partition, project.Id, due.Customer, due.Country, due.TaxId, Guid.CreateVersion7(), id.ToString(),
            CatalogWords.Of(check.Answer), check.Source,
            check.AskedAt.ToUtc(), OrNull(check.Consultation), OrNull(check.Name), OrNull(check.Detail),
            VatCheckRules.RetryAfter(check.Answer).TotalSeconds);
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

    private static NpgsqlParameter OrNull(string? text) => SqlCommands.OrNull(text, NpgsqlDbType.Text);
}

/// <summary>
/// Checks due VAT ids every two seconds, while VIES is enabled. It checks the ids of one country one after the other, since the first
/// answer serves others with the same id. The projects take turns. A failed id is parked, and the project's other ids in that country wait
/// for the minute for which they are taken. If two projects get no answer, all ids in that country wait, so that Tollgate does not ask a
/// VIES that is down for every id.
/// </summary>
public sealed class CheckVatLoop(CheckVatIds check, ProjectDirectory directory, ParkedWork parked, ILogger<CheckVatLoop> log)
    : Loop(Interval, "Checking VAT ids failed", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 20, OfOneProject = 5, AtOnce = 4;

    /// <summary>
    /// After this time no request of a page begins. With a request in progress, at most two times 5 seconds, it is less than the minute for
    /// which the ids are taken.
    /// </summary>
    private static readonly TimeSpan LongestPage = TimeSpan.FromSeconds(30);

    /// <summary>After this time no page begins, however much is due: the next iteration asks countries again that were down.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);

    /// <summary>Checks all ids that VIES can answer now, within the time of one iteration.</summary>
    public async Task LookOnceAsync(CancellationToken cancel)
    {
        var (look, began) = (new Look(), Stopwatch.GetTimestamp());
        while (check.IsOn && Stopwatch.GetElapsedTime(began) < LongestLook && await PageAsync(look, cancel))
        {
            // The next page.
        }

        if (look.Reason is { } reason)
        {
            Log.LogWarning("VIES did not answer for {Silent} VAT ids, which stay pending: {Reason}", look.Silent, reason);
        }
    }

    protected override Task LookAsync(CancellationToken cancel) => LookOnceAsync(cancel);

    /// <returns>True if there may be more that VIES can answer now.</returns>
    private async Task<bool> PageAsync(Look look, CancellationToken cancel)
    {
        var due = await check.ClaimAsync(MostAtOnce, OfOneProject, cancel);
        var (began, projects, answered) = (Stopwatch.GetTimestamp(), directory.Current.ProjectsById, 0);

        // Each sandbox has its own register.
        var registers = due.Where(one => projects.ContainsKey(one.Project))
            .GroupBy(one =>
                (projects[one.Project].Mode == ProjectMode.Sandbox ? one.Project : 0, VatIds.InVies(one.Country, one.TaxId)?.Country));
        await Parallel.ForEachAsync(
            registers, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (ids, stop) =>
        {
            var register = look.Registers.GetOrAdd(ids.Key, static _ => new());
            foreach (var one in InTurns(ids).TakeWhile(_ => Stopwatch.GetElapsedTime(began) < LongestPage)
                .Where(one => register.IsAskedFor(one.Project)))
            {
                if (await parked.TryAsync(
                    WorkNames.VatChecks, projects[one.Project], one.Subject,
                    () => AskAsync(projects[one.Project], one, look, register, stop), stop))
                {
                    Interlocked.Increment(ref answered);
                }
                else
                {
                    register.Failed.Add(one.Project);
                }
            }
        });
        return answered > 0;
    }

    private async Task AskAsync(ProjectSnapshot project, DueVatCheck due, Look look, Register register, CancellationToken stop)
    {
        try
        {
            await check.RunAsync(project, due, stop);
        }
        catch (ViesUnavailableException none)
        {
            register.Silent++;
            if (project.Mode != ProjectMode.Sandbox)
            {
                look.CountSilent(none.Message);
            }

            throw;
        }
    }

    /// <summary>The first of each project, then the second of each, and so on.</summary>
    private static IEnumerable<DueVatCheck> InTurns(IEnumerable<DueVatCheck> ids) => ids.GroupBy(static one => one.Project)
        .SelectMany(static project => project.Index()).OrderBy(static one => one.Index).Select(static one => one.Item);

    /// <summary>The state of a country's register, or of a sandbox, in one iteration. One id at a time asks it.</summary>
    private sealed class Register
    {
        private const int MostSilent = 2;

        /// <summary>Projects with a failed id, for any reason.</summary>
        public HashSet<int> Failed { get; } = [];

        /// <summary>The number of projects with an id that got no answer.</summary>
        public int Silent { get; set; }

        public bool IsAskedFor(int project) => Silent < MostSilent && !Failed.Contains(project);
    }

    /// <summary>The state that the pages of one iteration share.</summary>
    private sealed class Look
    {
        private int _silent;

        public ConcurrentDictionary<(int Sandbox, string? Country), Register> Registers { get; } = new();

        /// <summary>Ids for which VIES did not answer.</summary>
        public int Silent => _silent;

        /// <summary>The reason for one of them. Null: VIES answered for all.</summary>
        public string? Reason { get; private set; }

        public void CountSilent(string reason)
        {
            Interlocked.Increment(ref _silent);
            Reason = reason;
        }
    }
}
