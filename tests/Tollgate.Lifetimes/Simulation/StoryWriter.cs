using System.Globalization;
using Tollgate.Lifetimes.Naive;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Simulation;

/// <summary>The steps of one moment: first the customers' decisions, then the usage.</summary>
public sealed record Tick(DateTime At, IReadOnlyList<Step> Steps, IReadOnlyList<Use> Uses)
{
    public IEnumerable<Step> All => Steps.Concat(Uses);
}

public sealed record Story(int Seed, Shop Shop, IReadOnlyList<Tick> Ticks);

/// <summary>
/// Invents the steps of many customers over the years. The same seed is the same story, and five seeds in a row are five time zones. It
/// runs the naive biller in parallel, only to know the possible steps of each customer: nobody resumes a subscription that is not paused.
/// </summary>
public sealed class StoryWriter
{
    private static readonly DateTime Opening = new(2031, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);
    private static readonly string[] Zones = ["America/New_York", "Europe/Berlin", "Africa/Cairo", "Asia/Kolkata", "Etc/UTC"];
    private static readonly string?[] Countries = [null, null, "US", "DE", "GB", "FR", "CH"];

    private readonly Random _chance;
    private readonly Shop _shop;
    private readonly NaiveBiller _biller;
    private readonly NaiveCalendar _calendar;
    private readonly Dictionary<string, List<Use>> _uses = [];
    private readonly Decisions _decisions;
    private readonly int _customers;
    private int _usesSoFar;

    private StoryWriter(int seed, int customers)
    {
        _chance = new Random(seed);
        _shop = SimulatedShop.Opening with { Zone = Zones[seed % Zones.Length] };
        (_biller, _calendar) = (new NaiveBiller(_shop), new NaiveCalendar(_shop.Zone));
        _decisions = new Decisions(_chance, _biller);
        _customers = customers;
    }

    /// <summary>All customers join in the first month; the last one still has <paramref name="months"/> months to live.</summary>
    public static Story Write(int seed, int customers, int months)
    {
        var writer = new StoryWriter(seed, customers);
        var ticks = new List<Tick>();
        var last = Opening.AddMonths(months + 1);
        for (var local = Opening.AddHours(9); local < last; local = writer.Later(local))
        {
            ticks.Add(writer.TickAt(local));
        }

        ticks.Add(new Tick(writer._calendar.ToUtc(last), [], []));
        return new Story(seed, writer._shop, ticks);
    }

    private Tick TickAt(DateTime local)
    {
        var at = _calendar.ToUtc(local);
        var steps = new List<Step>();
        if (local >= Opening.AddMonths(11) && _biller.Shop == _shop)
        {
            Play(new Publish(at, SimulatedShop.Dearer(_shop)));
        }

        // Due work comes first: a decision concerns the subscription in its state after it.
        _biller.Play(new Wait(at));
        foreach (var customer in _uses.Keys)
        {
            if ((_decisions.Next(at, customer) ?? Mistake(at, customer)) is { } step)
            {
                Play(step);
            }
        }

        var joined = local < Opening.AddMonths(1) ? _customers * local.Day / 31 : _customers;
        while (_uses.Count < joined)
        {
            var customer = string.Create(CultureInfo.InvariantCulture, $"c{_uses.Count + 1:000}");
            var country = Countries[_chance.Next(Countries.Length)];
            _uses[customer] = [];
            Play(new Join(at, customer, country, country == "FR" && _chance.Next(2) == 0 ? "FR40303265045" : null));
            Play(_decisions.Subscription(at, customer, first: true));
            if (_chance.Next(10) == 0)
            {
                Play(_decisions.Gift(at, customer));
            }
        }

        return new Tick(at, steps, UsagesAt(at));

        void Play(Step step)
        {
            _biller.Play(step);
            steps.Add(step);
        }
    }

    /// <summary>Usage follows the decisions of the same moment.</summary>
    private List<Use> UsagesAt(DateTime at)
    {
        var uses = new List<Use>();
        foreach (var customer in _uses.Keys)
        {
            if (_chance.Next(6) == 0)
            {
                var use = Usage(customer, at);
                _uses[customer].Add(use);
                _biller.Play(use);
                uses.Add(use);
            }
        }

        return uses;
    }

    /// <summary>
    /// Sometimes late by some days, even across a change, a pause or the end, on trial, before the subscription, and of features that no
    /// plan of the customer has.
    /// </summary>
    private Use Usage(string customer, DateTime at)
    {
        var occurred = _chance.Next(5) == 0 ? at.AddMinutes(-_chance.Next(30 * 24 * 60)) : at;
        var feature = _chance.Next(3) == 0 ? "calls" : "pages";
        if (_chance.Next(4) == 0)
        {
            var report = string.Create(CultureInfo.InvariantCulture, $"use-{++_usesSoFar}");
            return _chance.Next(2) == 0
                ? new Use(at, customer, "desks", _chance.Next(0, 40), occurred, report)
                : new Use(at, customer, "disk", _chance.Next(0, 240) / 4m, occurred, report);
        }

        var quantity = _chance.Next(5) == 0 ? _chance.Next(1, 400) / 4m : _chance.Next(1, 120);
        var id = string.Create(CultureInfo.InvariantCulture, $"use-{++_usesSoFar}");
        return new Use(at, customer, feature, quantity, occurred, id);
    }

    /// <summary>Voids some recent usage, even of a month that is already billed.</summary>
    private TakeBack? Mistake(DateTime at, string customer)
    {
        if (_chance.Next(200) != 0)
        {
            return null;
        }

        var recent = _uses[customer].Where(use => use.OccurredAt > at.AddDays(-60)).ToList();
        if (recent.Count == 0)
        {
            return null;
        }

        var mistake = recent[_chance.Next(recent.Count)];
        _uses[customer].Remove(mistake);
        return new TakeBack(at, customer, mistake.Id);
    }

    /// <summary>
    /// Every day at first, then about every third one; often at nine sharp, when others' periods end. One month is skipped.
    /// </summary>
    private DateTime Later(DateTime local)
    {
        var days = local < Opening.AddMonths(1) ? 1 : _chance.Next(2, 5);
        days = local.Date >= Opening.AddMonths(17) && local < Opening.AddMonths(17).AddDays(4) ? 33 : days;
        var time = _chance.Next(2) == 0 ? TimeSpan.FromHours(9) : TimeSpan.FromSeconds(_chance.Next(86_400));
        return local.Date.AddDays(days) + time;
    }
}
