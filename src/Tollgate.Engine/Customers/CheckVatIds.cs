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

/// <summary>A customer whose VAT id is asked for.</summary>
/// <param name="Seller">The project's own VAT id; null: it has none in VIES.</param>
public sealed record DueVatCheck(int Project, string Customer, string Country, string TaxId, ViesId? Seller)
{
    /// <summary>In the list of parked work: a customer with a new id waits for nothing.</summary>
    public string Subject => $"{Customer}/{TaxId}";
}

/// <summary>VIES did not answer. The customer's id stays pending and is asked for again.</summary>
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
/// Finds out whether customers' VAT ids exist, and keeps each answer. Nothing waits for it: invoices use what is known. Sandbox projects
/// are answered at once and without the network (<see cref="VatCheckRules.InSandbox"/>).
/// </summary>
public sealed class CheckVatIds(NpgsqlDataSource database, ViesClient vies, Clock clock)
{
    /// <summary>Otherwise ids stay due until VIES is on again.</summary>
    public bool IsOn => vies.IsOn;

    /// <summary>After a customer may have got an id: in a sandbox it is answered at once.</summary>
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

    /// <summary>Takes some that are due; other servers take others.</summary>
    /// <param name="most">Of all projects.</param>
    /// <param name="ofOneProject">Of each.</param>
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
/// Looks every two seconds for VAT ids that are due, while VIES is on. The ids of one country are asked for one after the other: the first
/// answer serves others with the same id. The projects take turns. An id that fails is parked, and its project's others in that country
/// wait for the minute for which they are taken; where two projects had no answer, everybody's in that country wait, so that a VIES that is
/// down is not asked for everybody at once.
/// </summary>
public sealed class CheckVatLoop(CheckVatIds check, ProjectDirectory directory, ParkedWork parked, ILogger<CheckVatLoop> log)
    : Loop(Interval, "VAT ids were not checked", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 20, OfOneProject = 5, AtOnce = 4;

    /// <summary>
    /// After it no question of a page begins. With one that has begun, of two times 5 seconds at most, it is less than the minute for which
    /// they are taken.
    /// </summary>
    private static readonly TimeSpan LongestPage = TimeSpan.FromSeconds(30);

    /// <summary>After it no page begins, however much is due: the next look asks again in countries that were down.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);

    /// <summary>All that can be answered now, as far as the look's time goes.</summary>
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

    /// <returns>Whether there may be more that can be answered now.</returns>
    private async Task<bool> PageAsync(Look look, CancellationToken cancel)
    {
        var due = await check.ClaimAsync(MostAtOnce, OfOneProject, cancel);
        var (began, projects, answered) = (Stopwatch.GetTimestamp(), directory.Current.ProjectsById, 0);

        // A sandbox is a register of its own.
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

    /// <summary>What is known of a country, or a sandbox, in one look. It is asked for one id at a time.</summary>
    private sealed class Register
    {
        private const int MostSilent = 2;

        /// <summary>Projects of which an id failed, for whatever reason.</summary>
        public HashSet<int> Failed { get; } = [];

        /// <summary>Projects of which an id had no answer.</summary>
        public int Silent { get; set; }

        public bool IsAskedFor(int project) => Silent < MostSilent && !Failed.Contains(project);
    }

    /// <summary>What the pages of one look have in common.</summary>
    private sealed class Look
    {
        private int _silent;

        public ConcurrentDictionary<(int Sandbox, string? Country), Register> Registers { get; } = new();

        /// <summary>Ids for which VIES did not answer.</summary>
        public int Silent => _silent;

        /// <summary>Why, for one of them. Null: it answered for all.</summary>
        public string? Reason { get; private set; }

        public void CountSilent(string reason)
        {
            Interlocked.Increment(ref _silent);
            Reason = reason;
        }
    }
}
