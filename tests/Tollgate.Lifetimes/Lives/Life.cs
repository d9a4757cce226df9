using System.Globalization;
using Tollgate.Lifetimes.Naive;
using Tollgate.Lifetimes.TestHost;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Lives;

/// <summary>
/// The life of a customer as a readable script: the steps of each day, and the invoices that must exist by then. Times are those of the
/// project's wall clock. Each life runs twice: with the naive biller, and on the real server.
/// </summary>
public sealed class Life
{
    /// <summary>The customer of a life that names none.</summary>
    public const string Anna = "anna";

    private readonly Shop _shop;
    private readonly NaiveCalendar _calendar;
    private readonly List<object> _script = [];
    private string _customer = Anna;
    private DateTime _now;
    private int _uses;
    private TimeZoneInfo _told;
    private bool _naively = true;

    private Life(Shop shop)
    {
        _shop = shop;
        _calendar = new NaiveCalendar(shop.Zone);
        _told = _calendar.Zone;
    }

    public static Life Given(Shop shop) => new(shop);

    /// <summary>The times of expected invoices are UTC, independent of the project's zone.</summary>
    public Life ToldInUtc()
    {
        _told = TimeZoneInfo.Utc;
        return this;
    }

    /// <summary>The naive biller does not support this life; only the server's numbers are checked.</summary>
    public Life WithoutTheNaiveBiller()
    {
        _naively = false;
        return this;
    }

    public Life On(string time)
    {
        _now = Utc(time);
        return Then(new Wait(_now));
    }

    /// <summary>Sets the customer of the following steps.</summary>
    public Life By(string customer)
    {
        _customer = customer;
        return this;
    }

    public Life Joins(string country, string? taxId = null) => Then(new Join(_now, _customer, country, taxId));

    public Life Subscribes(
        string plan,
        Interval interval = Interval.Monthly,
        int quantity = 1,
        string? currency = null,
        bool trial = false,
        string? coupon = null,
        bool trialExpires = false,
        HeldAddOns? addOns = null) =>
        Then(new Subscribe(_now, _customer, plan, interval, quantity, currency, trial, coupon, trialExpires, addOns));

    public Life Changes(
        string? plan = null, Interval? interval = null, int? quantity = null, When? when = null, Proration? proration = null,
        HeldAddOns? addOns = null) =>
        Then(new Change(_now, _customer, plan, interval, quantity, when, proration, addOns));

    /// <summary>An add-on, so many of it.</summary>
    public static HeldAddOns Held(string code, int quantity = 1) => new(new HeldAddOn(code, quantity));

    public Life CancelsNow(string? reason = null) => Then(new Cancel(_now, _customer, When.Now, reason));

    public Life CancelsAtTheEnd(string? reason = null) => Then(new Cancel(_now, _customer, When.PeriodEnd, reason));

    public Life ChangesItsMind() => Then(new Uncancel(_now, _customer));

    public Life Pauses(string? until = null) => Then(new Pause(_now, _customer, until is null ? null : Utc(until)));

    public Life Resumes() => Then(new Resume(_now, _customer));

    /// <summary>
    /// A call that no other step covers. In the path, <c>{subscription}</c> and <c>{invoice}</c> are the customer's newest ones.
    /// </summary>
    public Life Calls(string method, string path, string body) => Then(new Call(_now, _customer, method, path, body, null));

    public Life IsRefused(string code, string method, string path, string body) =>
        Then(new Call(_now, _customer, method, path, body, code));

    public Life Redeems(string coupon) => Then(new Redeem(_now, _customer, coupon));

    public Life LosesCoupon(string coupon) => Then(new EndCoupon(_now, _customer, coupon));

    /// <summary>Promotional credit, in minor units.</summary>
    public Life IsGiven(long amount, string? until = null) =>
        Then(new Give(_now, _customer, amount, Prepaid: false, until is null ? null : Utc(until)));

    /// <summary>Pays minor units in advance; a negative amount returns them.</summary>
    public Life Prepays(long amount) => Then(new Give(_now, _customer, amount, Prepaid: true));

    public Life Pays() => Then(new Pay(_now, _customer));

    public Life Buys(string pack, int quantity = 1) => Then(new Buy(_now, _customer, pack, quantity));

    /// <summary>Uses pages, or units of another feature; reported now, and used now unless a time is given.</summary>
    public Life Uses(decimal quantity, string feature = "pages", string? occurred = null, string? id = null) =>
        Then(new Use(_now, _customer, feature, quantity, occurred is null ? _now : Utc(occurred), id ?? $"{_customer}-use-{++_uses}"));

    public Life TakesBack(string id) => Then(new TakeBack(_now, _customer, id));

    /// <summary>Publishes the shop's plans again.</summary>
    public Life Sells(Shop shop) => Then(new Publish(_now, shop));

    /// <summary>
    /// All invoices of the customer up to now, in the form of <see cref="Bill.Text(TimeZoneInfo)"/>. Extra spaces are ignored.
    /// </summary>
    public Life Invoices(string expected) => Then(new InvoiceCheck(_customer, Tidied(expected)));

    /// <summary>The customer's newest invoice has this total and this line.</summary>
    public Life IsLast(long total, string line) => Then(new LastCheck(_customer, total, Tidied(line)));

    /// <summary>
    /// Late usage in the whole shop that is not billed, the newest period first: customer, feature, quantity, the amount that it would have
    /// cost, and its period. Checks the server only.
    /// </summary>
    public Life ReportsLate(string expected) => Then(new LateCheck(Tidied(expected)));

    /// <summary>All facts of the subscription's timeline up to now: time and type, a line each.</summary>
    public Life Timeline(string expected) => Then(new TimelineCheck(_customer, Tidied(expected)));

    /// <summary>The plan that decides the customer's quotas.</summary>
    public Life IsOn(string plan) => Then(new PlanCheck(_customer, plan));

    /// <summary>Units that the running quota period grants.</summary>
    public Life May(decimal limit, string feature = "pages") => Then(new LimitCheck(_customer, feature, limit));

    public async Task LivesAsync(LivesHost host)
    {
        var naive = _naively ? LiveNaively() : null;
        await using var player = await host.OpenAsync(_shop);
        foreach (var part in _script)
        {
            switch (part)
            {
                case Step step:
                    await player.PlayAsync(step);
                    break;
                case InvoiceCheck check:
                    var bills = Bill.Text(await player.BillsAsync(check.Customer), _told);
                    ShouldBeTheSame(bills, check.Expected, "The server's invoices are not those of the hand calculation.");
                    break;
                case LastCheck check:
                    var last = Bill.Text([(await player.BillsAsync(check.Customer))[^1]], _told);
                    Tidied(last).Split('\n').ShouldContain(check.Line, last);
                    (await player.BillsAsync(check.Customer))[^1].Total.ShouldBe(check.Total);
                    break;
                case TimelineCheck check:
                    ShouldBeTheSame(Told(await player.TimelineAsync(check.Customer)), check.Expected, "The server's timeline is another.");
                    break;
                case LateCheck check:
                    ShouldBeTheSame(
                        string.Join('\n', await player.LateAsync(_told)), check.Expected, "The server reports other usage as late.");
                    break;
                case PlanCheck check:
                    (await player.PlanAsync(check.Customer)).ShouldBe(check.Plan);
                    break;
                case LimitCheck check:
                    (await player.LimitAsync(check.Customer, check.Feature)).ShouldBe(check.Limit);
                    break;
            }
        }

        await player.ShouldHaveNumbersWithoutGapsAsync();
        await player.ShouldVerifyAsync();
        foreach (var customer in naive?.Customers ?? [])
        {
            ShouldBeTheSame(
                Told(await player.TimelineAsync(customer)), Tidied(Told(naive!.FactsOf(customer))),
                $"The server's timeline of {customer} is another than the naive biller's.");
        }
    }

    private NaiveBiller LiveNaively()
    {
        var biller = new NaiveBiller(_shop);
        foreach (var part in _script)
        {
            if (part is Step step)
            {
                biller.Play(step);
            }
            else if (part is InvoiceCheck check)
            {
                var bills = Bill.Text(biller.BillsOf(check.Customer), _told);
                ShouldBeTheSame(bills, check.Expected, "The naive biller disagrees with the hand calculation.");
            }
            else if (part is TimelineCheck told)
            {
                ShouldBeTheSame(Told(biller.FactsOf(told.Customer)), told.Expected, "The naive biller tells another timeline.");
            }
        }

        return biller;
    }

    private string Told(IEnumerable<Fact> facts) => string.Join('\n', facts.Select(fact => $"{Bill.Time(fact.At, _told)} {fact.Type}"));

    private static void ShouldBeTheSame(string seen, string expected, string otherwise) =>
        (Tidied(seen) == expected).ShouldBeTrue($"{otherwise}\n\nexpected\n{expected}\n\nseen\n{seen}\n");

    private Life Then(object part)
    {
        _script.Add(part);
        return this;
    }

    private DateTime Utc(string time) =>
        _calendar.ToUtc(
            DateTime.ParseExact(
                time, ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None));

    /// <summary>Each line without leading, trailing and doubled spaces.</summary>
    private static string Tidied(string text) =>
        string.Join(
            '\n', text.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
                .Where(line => line.Length > 0));

    private sealed record InvoiceCheck(string Customer, string Expected);

    private sealed record LastCheck(string Customer, long Total, string Line);

    private sealed record TimelineCheck(string Customer, string Expected);

    private sealed record LateCheck(string Expected);

    private sealed record PlanCheck(string Customer, string Plan);

    private sealed record LimitCheck(string Customer, string Feature, decimal Limit);
}
