using Tollgate.Core.Analytics;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Analytics;

/// <summary>MRR over months, with its movements.</summary>
public sealed class MrrReportTests
{
    private static readonly TimeZoneInfo Cairo = TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo");

    private static readonly DateOnly First = new(2027, 1, 1);

    private static readonly ExchangeRates Dollars = new(Currency.Usd, []);

    /// <summary>Random lives of customers in three currencies, with rates that change during the months.</summary>
    [Fact]
    public void Mrr_is_the_mrr_before_plus_the_movements_in_each_month_of_random_lives()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var spans = ReportSpan.Months(First.AddDays(random.Next(28)), First.AddMonths(random.Next(1, 25)), Cairo);
            var (sums, ends) = Lives(random, spans.Count);
            var rates = new ExchangeRates(Currency.Usd, RatesOf(random));

            var report = MrrReport.Of(spans, sums, rates);

            report.Unconverted.ShouldBeEmpty();
            for (var at = 0; at < spans.Count; at++)
            {
                var part = report.Parts[at];
                (part.Opening.Minor + part.Movements.Total).ShouldBe(part.Mrr.Minor, $"seed {seed}, part {at}");
                part.Mrr.Minor.ShouldBe(Naive(ends, at + 1, spans[at].To, rates), $"seed {seed}, part {at}");
                part.Customers.ShouldBe(ends.Count(life => life[at + 1].Year > 0), $"seed {seed}, part {at}");
                if (at > 0)
                {
                    (part.Opening, part.OpeningCustomers).ShouldBe((report.Parts[at - 1].Mrr, report.Parts[at - 1].Customers));
                }
            }
        }
    }

    [Fact]
    public void A_kind_without_a_movement_stays_0_however_the_others_are_rounded()
    {
        var month = ReportSpan.Months(First, First.AddDays(30), Cairo);
        var report = MrrReport.Of(month, [Sum(1, "USD", MrrMovement.New, 7), Sum(1, "USD", MrrMovement.Expansion, 7)], Dollars);

        report.Parts[0].Movements.ShouldBe(new MrrMovements(1, 0, 0, 0, 0, 0), "14 ÷ 12 is 1; each 7 ÷ 12 alone would be 1.");
        (report.Parts[0].Mrr.Minor, report.Parts[0].Arr.Minor).ShouldBe((1, 14));
    }

    [Fact]
    public void A_currency_without_a_rate_on_a_day_that_needs_one_is_in_no_figure()
    {
        var months = ReportSpan.Months(First, First.AddMonths(2).AddDays(-1), Cairo);
        MrrSum[] sums = [Sum(0, "USD", MrrMovement.New, 1200), Sum(1, "EUR", MrrMovement.New, 2400)];

        var without = MrrReport.Of(months, sums, new(Currency.Usd, [new("EUR", First.AddDays(31), UnitPrice.Of(2))]));
        (without.Parts[1].Mrr.Minor, without.Unconverted.ShouldHaveSingleItem()).ShouldBe((100, new MoneyAmount(200, Currency.Of("EUR"))));

        var with = MrrReport.Of(
            months, sums,
            new(Currency.Usd, [new("EUR", First.AddDays(30), UnitPrice.Of(2)), new("EUR", First.AddDays(31), UnitPrice.Of(3))]));
        with.Unconverted.ShouldBeEmpty();
        with.Parts.Select(static part => part.Mrr.Minor).ShouldBe([500, 700]);
        with.Parts[1].Movements.ShouldBe(new MrrMovements(0, 0, 0, 0, 0, 200), "200 cents at 3 instead of 2.");
    }

    [Fact]
    public void Nothing_at_all_is_0() => MrrReport.Of(ReportSpan.Months(First, First.AddMonths(24), Cairo), [], Dollars).Parts
        .ShouldAllBe(static part => part.Mrr.IsZero && part.Movements == default && part.Customers == 0);

    [Fact]
    public void Months_begin_at_local_midnight_and_tile_the_range()
    {
        var months = ReportSpan.Months(new(2027, 4, 10), new(2027, 6, 5), Cairo);

        months.Select(static span => (span.From, span.To)).ShouldBe(
            [(new(2027, 4, 10), new(2027, 4, 30)), (new(2027, 5, 1), new(2027, 5, 31)), (new(2027, 6, 1), new(2027, 6, 5))]);
        months.Zip(months.Skip(1)).ShouldAllBe(static pair => pair.First.Time.End == pair.Second.Time.Start);
        months[0].Time.Start.ToString().ShouldBe("2027-04-09T22:00:00Z", "Summer time begins on the last Friday of April.");
        months[0].Time.End.ToString().ShouldBe("2027-04-30T21:00:00Z");
    }

    /// <summary>Each life: the currency and the revenue per year at the end of each part.</summary>
    private static (List<MrrSum> Sums, List<(string Currency, long Year)[]> Ends) Lives(Random random, int parts)
    {
        var (sums, lives) = (new List<MrrSum>(), new List<(string, long)[]>());
        for (var customer = 0; customer < 20; customer++)
        {
            var currency = new[] { "USD", "EUR", "JPY" }[random.Next(3)];
            var (ends, year, hasPaid) = (new (string, long)[parts + 1], 0L, false);
            for (var part = 0; part <= parts; part++)
            {
                for (var changes = random.Next(4); changes > 0; changes--)
                {
                    var next = random.Next(3) == 0 ? 0 : random.NextInt64(1, 100_000);
                    if (MrrRules.Between(year, next, hasPaid) is { } kind)
                    {
                        sums.Add(Sum(part, currency, kind, next - year));
                        (year, hasPaid) = (next, true);
                    }
                }

                ends[part] = (currency, year);
            }

            lives.Add(ends);
        }

        return (sums, lives);
    }

    private static IEnumerable<ExchangeRate> RatesOf(Random random) =>
        from currency in new[] { "EUR", "JPY" }
        from at in Enumerable.Range(0, 12)
        select new ExchangeRate(currency, First.AddDays(-40 + (at * 70)), UnitPrice.Of(random.Next(1, 2_000_000) / 1_000_000m));

    private static MrrSum Sum(int part, string currency, MrrMovement kind, long year) =>
        new(part, kind, new((decimal)year / Currency.Of(currency).MinorPerMajor, Currency.Of(currency)), 1);

    private static long Naive(List<(string Currency, long Year)[]> ends, int part, DateOnly day, ExchangeRates rates) =>
        (long)decimal.Round(ends.Sum(life => life[part] is var (currency, year) && year > 0
            ? year * rates.At(Currency.Of(currency), day)!.Value.Value * (currency == "JPY" ? 100 : 1)
            : 0) / 12m, 0, MidpointRounding.AwayFromZero);
}
