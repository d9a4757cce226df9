using System.Security.Cryptography;
using System.Text;
using Tollgate.Lifetimes.Naive;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Simulation;

/// <summary>All invoices of a project, by customer and in order.</summary>
/// <param name="Hash">The hash of everything but the numbers: the order of numbers within one second is arbitrary.</param>
public sealed record Books(IReadOnlyDictionary<string, IReadOnlyList<Bill>> ByCustomer, string Hash)
{
    public int Invoices => ByCustomer.Values.Sum(bills => bills.Count);

    public static Books Of(IReadOnlyList<(string Customer, string Number, Bill Bill)> invoices)
    {
        var byCustomer = invoices.GroupBy(invoice => invoice.Customer).ToDictionary(
            group => group.Key, IReadOnlyList<Bill> (group) => [.. group.Select(invoice => invoice.Bill)]);
        var text = string.Join('\n', byCustomer.OrderBy(customer => customer.Key, StringComparer.Ordinal)
            .SelectMany(customer => customer.Value.Select(bill => $"{customer.Key} {bill.Currency} {bill.Text(TimeZoneInfo.Utc)}")));
        return new Books(byCustomer, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    public static Books Expected(Story story)
    {
        var biller = Lived(story);
        return new Books(biller.Customers.ToDictionary(customer => customer, biller.BillsOf), "");
    }

    /// <summary>The naive biller's explanations of its usage lines, for customers without deductions.</summary>
    public static IReadOnlyList<Explained> ExplainedNaively(Story story)
    {
        var biller = Lived(story);
        return
        [
            .. biller.Customers.Where(customer => !biller.HasReductions(customer)).SelectMany(customer => biller.BillsOf(customer)
                .SelectMany(bill => bill.Lines.Where(line => line.Kind == "usage").Select(line => (bill.Currency, Line: line)))
                .GroupBy(one => (one.Currency, Feature: one.Line.Feature!, Start: one.Line.Start!.Value))
                .Select(period =>
                {
                    var stretches = biller.Explain(customer, period.Key.Feature, period.Key.Start).Stretches;
                    return new Explained(
                        customer, period.Key.Currency, period.Key.Feature, period.Key.Start, stretches[^1].To,
                        period.Sum(one => one.Line.Amount),
                        stretches.Sum(stretch => stretch.Beyond), stretches);
                })),
        ];
    }

    /// <summary>
    /// Null if each explanation matches the naive biller's rating, stretch by stretch, and the sum of the lines; otherwise the first one
    /// that does not.
    /// </summary>
    public static string? FirstUnexplained(Story story, IReadOnlyList<Explained> seen)
    {
        var biller = Lived(story);
        foreach (var one in seen)
        {
            var (told, billed) = (string.Join('\n', one.Stretches), biller.Explain(one.Customer, one.Feature, one.Start));
            var (wanted, asked) = (Told(billed.Stretches, one), Told(billed.Asked, one));
            var rated = NaiveRating.Rate(one.Stretches, Shop.DigitsOf(one.Currency));
            if ((told != wanted && told != asked) || rated != one.Rated || one.Beyond != one.Stretches.Sum(stretch => stretch.Beyond))
            {
                return $"""
                    {one.Customer} {one.Feature} {one.Start:yyyy-MM-dd HH:mm:ss} is explained otherwise (seed {story.Seed}): its lines ask for {one.Rated}, its parts come to {rated}, {one.Beyond} are beyond.

                    expected
                    {wanted}

                    seen
                    {told}

                    what happened until then (UTC)
                    {History(story, one.Customer, one.End)}
                    """;
            }
        }

        return null;
    }

    /// <summary>Null if both are equal; otherwise the earliest invoice on which they differ, with its history.</summary>
    public static string? FirstDifference(Story story, Books expected, Books seen)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(story.Shop.Zone);
        var different = expected.ByCustomer.Keys.Union(seen.ByCustomer.Keys)
            .Select(customer =>
                Difference(
                    customer, expected.ByCustomer.GetValueOrDefault(customer, []), seen.ByCustomer.GetValueOrDefault(customer, []), zone))
            .OfType<Different>().OrderBy(different => different.At).ThenBy(different => different.Customer, StringComparer.Ordinal)
            .ToList();
        if (different.Count == 0)
        {
            return null;
        }

        var first = different[0];
        return $"""
            {different.Count} of {expected.ByCustomer.Count} customers were billed otherwise than expected (seed {story.Seed}). The first one is {first.Customer}:

            expected
            {first.Expected}

            seen
            {first.Seen}

            what happened until then (UTC)
            {History(story, first.Customer, first.At)}

            invoices before
            {Bill.Text(expected.ByCustomer.GetValueOrDefault(first.Customer, []).TakeWhile(bill => bill.IssuedAt < first.At).TakeLast(5), zone)}

            invoices after, expected and seen
            {Bill.Text(expected.ByCustomer.GetValueOrDefault(first.Customer, []).SkipWhile(bill => bill.IssuedAt <= first.At).Take(6), zone)}

            {Bill.Text(seen.ByCustomer.GetValueOrDefault(first.Customer, []).SkipWhile(bill => bill.IssuedAt <= first.At).Take(6), zone)}

            the others: {string.Join(", ", different.Skip(1).Take(20).Select(other => $"{other.Customer} {other.At:yyyy-MM-dd}"))}
            """;
    }

    /// <summary>Leaves out the usage of a stretch if the explanation does not show it, because nothing is beyond.</summary>
    private static string Told(IReadOnlyList<Stretch> stretches, Explained as_) => string.Join(
        '\n', stretches.Select((stretch, at) => as_.Stretches.ElementAtOrDefault(at) is { Used: null }
            ? stretch with { Used = null }
            : stretch));

    private static NaiveBiller Lived(Story story)
    {
        var biller = new NaiveBiller(story.Shop);
        foreach (var step in story.Ticks.SelectMany(tick => tick.All))
        {
            biller.Play(step);
        }

        biller.AdvanceTo(story.Ticks[^1].At);
        return biller;
    }

    /// <summary>The last steps of a customer's story.</summary>
    public static string History(Story story, string customer, DateTime until) => string.Join('\n', story.Ticks.SelectMany(tick => tick.All)
        .Where(step => step.At <= until && ((step is CustomerStep theirs && theirs.Customer == customer) || step is Publish))
        .TakeLast(60).Select(Told));

    private static Different? Difference(string customer, IReadOnlyList<Bill> expected, IReadOnlyList<Bill> seen, TimeZoneInfo zone)
    {
        for (var at = 0; at < Math.Max(expected.Count, seen.Count); at++)
        {
            var (should, is_) = (expected.ElementAtOrDefault(at), seen.ElementAtOrDefault(at));
            var (wanted, got) = (should?.Text(zone) ?? "no invoice", is_?.Text(zone) ?? "no invoice");
            if (wanted != got || should!.Currency != is_!.Currency)
            {
                var when = new[] { should?.IssuedAt, is_?.IssuedAt }.OfType<DateTime>().Min();
                return new Different(customer, when, wanted, got);
            }
        }

        return null;
    }

    /// <summary>"2031-04-16 00:00:00 Change Plan = team, When = Now": null values are left out.</summary>
    private static string Told(Step step)
    {
        var inner = step is CustomerStep told ? told.ToString()! : "Publish { }";
        var members = inner[(inner.IndexOf('{') + 1)..inner.LastIndexOf('}')].Split(',', StringSplitOptions.TrimEntries)
            .Where(member => !member.StartsWith("At =", StringComparison.Ordinal)
                && !member.StartsWith("Customer =", StringComparison.Ordinal) && !member.EndsWith('='));
        return $"{step.At:yyyy-MM-dd HH:mm:ss} {step.GetType().Name} {string.Join(", ", members)}";
    }

    private sealed record Different(string Customer, DateTime At, string Expected, string Seen);
}
