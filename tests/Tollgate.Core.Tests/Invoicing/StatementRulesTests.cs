using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class StatementRulesTests
{
    private static Instant Day(int day) =>
        Instant.FromUtc(new DateTime(2026, 5, 1, 0, 0, 0, DateTimeKind.Utc)).Plus(TimeSpan.FromDays(day - 1));

    private static MoneyAmount Cents(long cents) => new(cents, Currency.Usd);

    private static Invoice Issued(int day, string number, long total, long fromCredits = 0, InvoiceStatus status = InvoiceStatus.Open) =>
        new()
    {
        Id = Guid.Empty, Number = number, Status = status, Kind = InvoiceKind.Renewal, Customer = "c", Currency = Currency.Usd,
        Period = new(Day(1), Day(32)), CreatedAt = Day(day), IssuedAt = Day(day), Lines = [], Subtotal = Cents(total), Discount = Cents(0),
        Tax = Cents(0),
        Total = Cents(total), FromCredits = Cents(fromCredits), Paid = Cents(fromCredits),
    };

    private static CreditNote Note(int day, string number, long total) => new(Guid.Empty, number, Day(day), "", [], Cents(0), Cents(total));

    private static StatementPayment Moved(StatementEntryKind kind, int day, string invoice, long cents) =>
        new(kind, Day(day), invoice, Cents(cents));

    private static string[] Told(Statement statement) =>
        [.. statement.Entries.Select(entry =>
            $"{(entry.At - Day(1)).Days + 1} {entry.Kind} {entry.Number} {entry.Amount.Minor} {entry.Balance.Minor}")];

    [Fact]
    public void Entries_run_in_time_and_each_has_the_balance_after_it()
    {
        Invoice[] invoices =
        [
            Issued(20, "A-2", 5_000, fromCredits: 1_000),
            Issued(3, "A-1", 2_900) with { CreditNotes = [Note(12, "N-1", 500)] },
            Issued(25, "A-3", 100, status: InvoiceStatus.Draft),
        ];
        StatementPayment[] payments = [Moved(StatementEntryKind.Refund, 13, "A-1", 500), Moved(StatementEntryKind.Payment, 5, "A-1", 2_900),
            Moved(StatementEntryKind.FromCredits, 20, "A-2", 1_000)];

        var whole = StatementRules.Of("c", Currency.Usd, new(Day(1), Day(32)), invoices, payments);
        Told(whole).ShouldBe(
        [
            "3 Invoice A-1 2900 2900", "5 Payment A-1 -2900 0", "12 CreditNote N-1 -500 -500", "13 Refund A-1 500 0",
            "20 Invoice A-2 5000 5000", "20 FromCredits A-2 -1000 4000",
        ]);
        (whole.Opening.Minor, whole.Closing.Minor, whole.SumOf(StatementEntryKind.Invoice).Minor).ShouldBe((0, 4_000, 7_900));

        // Earlier entries are the opening balance; the end is not part of the period.
        var middle = StatementRules.Of("c", Currency.Usd, new(Day(5), Day(13)), invoices, payments);
        Told(middle).ShouldBe(["5 Payment A-1 -2900 0", "12 CreditNote N-1 -500 -500"]);
        (middle.Opening.Minor, middle.Closing.Minor).ShouldBe((2_900, -500));
    }

    [Fact]
    public void A_void_invoice_is_taken_back_when_it_was_voided_and_no_earlier_statement_changes()
    {
        Invoice[] open = [Issued(3, "A-1", 2_900)];
        Invoice[] voided = [open[0] with { Status = InvoiceStatus.Void, ClosedAt = Day(10) }];
        Told(StatementRules.Of("c", Currency.Usd, new(Day(1), Day(32)), voided, []))
            .ShouldBe(["3 Invoice A-1 2900 2900", "10 Voided A-1 -2900 0"]);
        Told(StatementRules.Of("c", Currency.Usd, new(Day(1), Day(9)), voided, []))
            .ShouldBe(Told(StatementRules.Of("c", Currency.Usd, new(Day(1), Day(9)), open, [])));
    }

    [Fact]
    public void A_write_off_contains_only_unpaid_and_uncredited_amounts()
    {
        var invoice = Issued(3, "A-1", 2_900) with
        {
            Status = InvoiceStatus.Uncollectible, Paid = Cents(900), CreditNotes = [Note(6, "N-1", 500)], ClosedAt = Day(30),
        };
        var statement = StatementRules.Of(
            "c", Currency.Usd, new(Day(1), Day(32)), [invoice], [Moved(StatementEntryKind.Payment, 4, "A-1", 900)]);
        Told(statement)[^1].ShouldBe("30 WrittenOff A-1 -1500 0");
    }

    [Fact]
    public void Credit_from_a_credit_note_counts_once_when_it_pays()
    {
        Invoice[] invoices = [
            Issued(3, "A-1", 2_900) with { CreditNotes = [Note(6, "N-1", 500)] }, Issued(20, "A-2", 2_900, fromCredits: 500)];
        StatementPayment[] payments =
        [
            Moved(StatementEntryKind.Payment, 4, "A-1", 2_900), Moved(StatementEntryKind.ToCredits, 6, "A-1", 500),
            Moved(StatementEntryKind.FromCredits, 20, "A-2", 500),
            Moved(StatementEntryKind.Payment, 21, "A-2", 2_400),
        ];
        StatementRules.Of("c", Currency.Usd, new(Day(1), Day(32)), invoices, payments).Closing.Minor.ShouldBe(0);
    }

    // 60.00 with their tax are paid and go back immediately: half of it pays an older invoice some days later.
    [Fact]
    public void An_excess_of_an_invoice_is_shown_and_again_when_it_pays_another()
    {
        Invoice[] invoices =
        [
            Issued(2, "A-1", 3_000) with { FromCredits = Cents(3_000), Paid = Cents(3_000), Status = InvoiceStatus.Paid },
            Issued(3, "A-2", 6_000) with { Status = InvoiceStatus.Paid, Paid = Cents(6_000) },
            Issued(3, "A-3", 0, status: InvoiceStatus.Paid) with
            {
                Subtotal = Cents(-5_000), Taxes = [new("VAT", new(20), false, Cents(-5_000), Cents(-1_000))],
            },
        ];
        StatementPayment[] payments = [
            Moved(StatementEntryKind.Payment, 3, "A-2", 6_000), Moved(StatementEntryKind.FromCredits, 9, "A-1", 3_000)];
        Told(StatementRules.Of("c", Currency.Usd, new(Day(1), Day(32)), invoices, payments)).ShouldBe(
        [
            "2 Invoice A-1 3000 3000", "3 Invoice A-2 6000 9000", "3 Payment A-2 -6000 3000", "3 Invoice A-3 -6000 -3000",
            "3 ToCredits A-3 6000 3000",
            "9 FromCredits A-1 -3000 0",
        ]);
        StatementRules.Of("c", Currency.Usd, new(Day(1), Day(9)), invoices, payments).Closing.Minor.ShouldBe(3_000);
    }

    [Fact]
    public void Neighbours_join_and_balances_are_sums() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Day, short Cents, bool IsPaid)[]>(),
        ArbMap.Default.ArbFor<byte>(),
        (facts, cut) =>
        {
            var invoices = facts.Select((fact, n) => Issued((fact.Day % 30) + 1, $"A-{n}", Math.Abs((long)fact.Cents))).ToArray();
            var payments = facts.Index().Where(fact => fact.Item.IsPaid)
                .Select(fact =>
                    Moved(StatementEntryKind.Payment, (fact.Item.Day % 30) + 2, $"A-{fact.Index}", Math.Abs((long)fact.Item.Cents)))
                    .ToArray();
            var at = Day((cut % 32) + 1);
            var whole = StatementRules.Of("c", Currency.Usd, new(Day(1), Day(40)), invoices, payments);
            var (left, right) = (
                StatementRules.Of("c", Currency.Usd, new(Day(1), at), invoices, payments),
                StatementRules.Of("c", Currency.Usd, new(at, Day(40)), invoices, payments));
            return left.Closing == right.Opening && right.Closing == whole.Closing
                && left.Entries.Concat(right.Entries).SequenceEqual(whole.Entries)
                && whole.Opening.Minor + whole.Entries.Sum(static entry => entry.Amount.Minor) == whole.Closing.Minor;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_payment_is_positive_and_of_a_kind_that_moves_money()
    {
        var period = new Period(Day(1), Day(32));
        Should.Throw<InvariantBrokenException>(() =>
            StatementRules.Of("c", Currency.Usd, period, [], [Moved(StatementEntryKind.Payment, 2, "A", -1)]));
        Should.Throw<InvariantBrokenException>(() =>
            StatementRules.Of("c", Currency.Usd, period, [], [Moved(StatementEntryKind.Invoice, 2, "A", 1)]));
    }
}
