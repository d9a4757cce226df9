using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Metering;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Catalog;
using Tollgate.Server.Projects;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Customers with a usage history for <c>up --demo</c>, created through the same paths as real ones: a profile without a mail address, a
/// plan, and events that the gate decides. The history is 34 days long, because the gate accepts no event older than 35.
/// </summary>
/// <remarks>
/// The same seed on the same day gives the same customers, plans and amounts. It does not change an existing customer, so a second start
/// adds nothing.
/// </remarks>
internal sealed class DemoData(
    ProjectDirectory directory, CustomerQueries customers, CreateCustomer create, AssignPlan assign, QuotaGate gate, CustomerLogins logins,
    Passwords passwords, Clock clock, ILogger<DemoData> logger)
{
    private const int CustomersPerProject = 12;
    private const int Days = 34;
    private const string ShownProject = "resume-ats";
    private const string ShownCustomer = "demo_02";

    /// <summary>The user of the product's own verification commands. It has the free plan, and its password is no secret.</summary>
    private const string User = "test@example.com", UserPassword = "testpass123";

    private static readonly string[] Names =
    [
        "Ada Moreau", "Bilal Haddad", "Chiara Conti", "Dmitri Orlov", "Ebele Okafor", "Farah Nasser",
        "Greta Lindqvist", "Hiro Tanaka", "Ines Cardoso", "Jonas Weber", "Kavya Rao", "Liam Byrne",
    ];

    /// <summary>The share of a quota that a demo customer uses in a month, in percent: some little, some beyond the cap.</summary>
    private static readonly int[] Appetites = [5, 20, 40, 60, 85, 130];

    /// <summary>The customer whose portal the start page shows. A real customer with the same id does not count.</summary>
    public async Task<(ProjectSnapshot Project, string Customer)?> ShownAsync(CancellationToken cancel) =>
        directory.Find(ShownProject) is { } project
            && await customers.FindAsync(project, ShownCustomer, cancel) is { Customer.Profile: { Email: null, Name: { } name } }
            && name == Names[1]
            ? (project, ShownCustomer)
            : null;

    public async Task FillAsync(long seed, CancellationToken cancel)
    {
        foreach (var catalog in await BuiltInCatalogs.ReadAsync(cancel))
        {
            if (directory.Find(catalog.Code) is { } project)
            {
                var events = await FillAsync(project, seed, cancel);
                logger.LogInformation("Demo data of {Project}: {Events} events.", project.Code, events);
            }
        }

        if (directory.Find(ShownProject) is { } shown && await logins.FindAsync(shown, User, cancel) is null)
        {
            await logins.SetAsync(shown, User, User, (await passwords.HashAsync(shown.Id, UserPassword, cancel))!, key: null, cancel);
        }
    }

    private async Task<int> FillAsync(ProjectSnapshot project, long seed, CancellationToken cancel)
    {
        var events = 0;
        var plans = project.Catalog.Document.Plans;
        for (var number = 0; number < CustomersPerProject; number++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"demo_{number + 1:00}");
            if (await customers.FindAsync(project, id, cancel) is not null)
            {
                continue;
            }

            // Each customer has its own random numbers, so that a further customer changes none of the others.
            var chance = new Random(unchecked((int)(seed * 31) + (project.Id * 1009) + number));
            // Without a mail address, so that a demo sends no mail.
            var profile = CustomerProfile.Blank with { Name = Names[number] };
            await create.RunAsync(project, id, profile, cancel);
            var plan = plans[number % plans.Count].Code;
            await assign.RunAsync(project, id, plan, cancel);
            events += await UseAsync(project, id, project.Catalog.Plans[plan], chance, cancel);
        }

        return events;
    }

    private async Task<int> UseAsync(ProjectSnapshot project, string customer, PlanVersion plan, Random chance, CancellationToken cancel)
    {
        var appetite = Appetites[chance.Next(Appetites.Length)];
        var now = clock.Now(project);
        List<EventOrder> orders = [];
        for (var day = Days; day >= 0; day--)
        {
            foreach (var (key, entitlement) in plan.Entitlements.OrderBy(pair => pair.Key))
            {
                var amount = AmountOf(entitlement, appetite, chance);
                if (amount > 0 && EventTypeOf(project.Catalog, key) is { } type)
                {
                    var at = now.Minus(TimeSpan.FromMinutes((day * 24 * 60) + chance.Next(12 * 60)));
                    var id = string.Create(CultureInfo.InvariantCulture, $"{customer}-{type}-{day}");
                    orders.Add(new EventOrder(id, customer, type, Quantity.Of(amount), at, null, Enforce: true));
                }
            }
        }

        orders.Sort((a, b) => a.OccurredAt!.Value.CompareTo(b.OccurredAt!.Value));
        var answers = await gate.RecordAsync(project, orders, cancel);
        return answers.Count(answer => answer.Decision is { Allowed: true });
    }

    /// <summary>
    /// Whole units of one day. The share of a month is spread over thirty days at random, so that small quotas stay whole numbers.
    /// </summary>
    private static long AmountOf(Entitlement entitlement, int appetite, Random chance)
    {
        var quota = entitlement.Quota is { } limited ? Math.Min(limited.Value, 1_000_000m) : 300m;
        var hundredths = (long)(quota * appetite) / 30;
        var spread = hundredths * chance.Next(40, 160) / 100;
        return (spread / 100) + (chance.Next(100) < spread % 100 ? 1 : 0);
    }

    /// <summary>An event type that counts only for this feature, by the event's quantity; null: there is none.</summary>
    private static string? EventTypeOf(PublishedCatalog catalog, int feature) =>
        catalog.FeaturesByKey.TryGetValue(feature, out var entry) && entry.Feature.Kind == FeatureKind.Metered
            && catalog.MetersByEventType.TryGetValue(entry.Code, out var targets)
            && targets is [{ Meter: { ValueProperty: null, Filters.Count: 0 } meter } only] && AggregateRules.AddsQuantity(meter.Aggregate)
            && only.Feature.Key == feature
            ? entry.Code
            : null;
}
