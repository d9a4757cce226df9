using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>
/// Invents the customers of a project: who joins when, which plans they take, and why they leave. The same seed on the same day invents the
/// same lives; each customer has its own random numbers, so that a change of one life changes none of the others.
/// </summary>
internal sealed class DemoLives(CatalogDocument catalog, int project, long seed, DateTime today)
{
    public const int Customers = 60;

    private const int Stays = 99;

    private static readonly string[] FirstNames =
    [
        "Ada", "Bilal", "Chiara", "Dmitri", "Ebele", "Farah", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Liam", "Mona", "Nils", "Omar",
        "Priya", "Quentin", "Rosa", "Sami", "Tariq",
    ];

    private static readonly string[] LastNames =
    [
        "Moreau", "Haddad", "Conti", "Orlov", "Okafor", "Nasser", "Lindqvist", "Tanaka", "Cardoso", "Weber", "Rao", "Byrne", "O'Neill",
        "van der Berg", "Şahin", "Nguyễn", "Müller",
    ];

    /// <summary>Names that break careless code: other scripts, quotes, commas, a markup.</summary>
    private static readonly string[] HardNames =
    [
        "ليلى منصور", "شركة \"نورا\", القاهرة", "Robert \"Bob\" O’Brien, Jr.", "株式会社テスト", "<b>Acme</b> & Sons",
    ];

    private static readonly string[] Countries = ["US", "DE", "GB", "EG", "FR", "IN", "BR", "SE", "AE", "JP"];

    private static readonly string[] Reasons = ["too_expensive", "missing_feature", "found_alternative", "not_used", "goal_reached"];

    /// <summary>The share of a quota that a customer uses in a month, in percent: some little, some beyond the cap.</summary>
    private static readonly int[] Appetites = [5, 10, 20, 30, 45, 60, 75, 130];

    /// <summary>The projects began at different times. In days before today.</summary>
    private static readonly int[] Ages = [380, 760, 260, 620, 500];

    /// <summary>The plans that cost something, the cheapest first.</summary>
    private readonly Plan[] _paid =
    [
        .. catalog.Plans.Where(static plan => plan.Prices.Any(static price => price.AmountMinor > 0))
            .OrderBy(static plan => plan.Prices.Max(static price => price.Interval == PriceInterval.Monthly ? price.AmountMinor : 0)),
    ];

    private readonly int _age = Ages[project % Ages.Length];

    public IReadOnlyList<DemoLife> All() => [.. Enumerable.Range(1, Customers).Select(Invent)];

    private DemoLife Invent(int number)
    {
        var chance = new Random(unchecked((int)(seed * 7919) + (project * 1009) + number));
        var role = number switch
        {
            2 => DemoRole.Shown, 3 => DemoRole.Unprofitable, 4 => DemoRole.Delinquent, 5 or 6 => DemoRole.Leaving, 8 => DemoRole.Saving,
            9 => DemoRole.Lost, 10 => DemoRole.Returned, _ => DemoRole.None,
        };
        var name = number % 12 == 7
            ? HardNames[number / 12 % HardNames.Length]
            : $"{FirstNames[chance.Next(FirstNames.Length)]} {LastNames[chance.Next(LastNames.Length)]}";

        // The square of an even distribution: more customers join each month than in the month before.
        var share = chance.NextDouble();
        var days = role == DemoRole.None ? 2 + (int)(share * share * (_age - 2)) : 130 + (number * 3);
        var joined = today.AddDays(-days).AddMinutes(chance.Next(6 * 60, 22 * 60));
        var stretches = role != DemoRole.None || chance.Next(100) < 72 ? Subscribe(chance, role, joined) : [];
        var appetite = role == DemoRole.Shown ? 85 : Appetites[chance.Next(Appetites.Length)];
        return new(
            number, string.Create(CultureInfo.InvariantCulture, $"demo_{number:00}"), name, Countries[chance.Next(Countries.Length)], role,
            joined, appetite, stretches);
    }

    private List<DemoStretch> Subscribe(Random chance, DemoRole role, DateTime joined)
    {
        var start = joined.AddHours(chance.Next(1, role == DemoRole.None ? 200 : 48));
        if (start >= today)
        {
            return [];
        }

        var at = role switch
        {
            DemoRole.Saving => 1,
            DemoRole.Unprofitable or DemoRole.Delinquent or DemoRole.Shown => 0,
            _ => Math.Min(chance.Next(_paid.Length + 1) / 2, _paid.Length - 1),
        };
        var isYearly = role == DemoRole.None && chance.Next(8) == 0 && PriceOf(at, PriceInterval.Yearly) is not null;
        var interval = isYearly ? PriceInterval.Yearly : PriceInterval.Monthly;
        var trial = !isYearly && PriceOf(at, interval) is { TrialDays: > 0 } price && role == DemoRole.None && chance.Next(10) < 7
            ? start.AddDays(price.TrialDays)
            : (DateTime?)null;
        var first = new DemoStretch(_paid[at].Code, interval, start, trial, null, null);
        return trial < today && chance.Next(4) == 0
            ? [first with { End = trial, Reason = "trial_expired" }]
            : Live(chance, role, at, first);
    }

    /// <summary>At the end of each period the customer stays, changes the plan, or leaves and perhaps comes back.</summary>
    private List<DemoStretch> Live(Random chance, DemoRole role, int at, DemoStretch stretch)
    {
        List<DemoStretch> stretches = [];
        for (var period = 1; stretch.PeriodAt(period) is var end && end < today; period++)
        {
            var isTurn = period == 2 && stretches.Count == 0;
            var dice = role == DemoRole.None ? chance.Next(100) : isTurn ? DiceOf(role) : Stays;
            if (dice < 7)
            {
                stretches.Add(stretch with { End = end, Reason = Reasons[chance.Next(Reasons.Length)] });
                var back = end.AddDays(chance.Next(20, 50));
                if (back >= today || (role == DemoRole.None ? chance.Next(3) > 0 : role != DemoRole.Returned))
                {
                    return stretches;
                }

                (period, stretch) = (0, stretch with { Start = back, TrialEnd = null });
                continue;
            }

            var next = dice < 15 ? Math.Min(at + 1, _paid.Length - 1) : dice < 19 ? Math.Max(at - 1, 0) : at;
            if (next != at && stretch.Interval == PriceInterval.Monthly)
            {
                stretches.Add(stretch with { End = end });
                (at, period, stretch) = (next, 0, new(_paid[next].Code, PriceInterval.Monthly, end, null, null, null));
            }
        }

        stretches.Add(stretch);
        return stretches;
    }

    /// <summary>The decision of a customer with a part after its second period.</summary>
    private static int DiceOf(DemoRole role) => role switch
    {
        DemoRole.Lost or DemoRole.Returned => 0, DemoRole.Shown => 10, DemoRole.Saving => 16, _ => Stays,
    };

    private PlanPrice? PriceOf(int plan, PriceInterval interval) => _paid[plan].Prices.FirstOrDefault(price => price.Interval == interval);
}
