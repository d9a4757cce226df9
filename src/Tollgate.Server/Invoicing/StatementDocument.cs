using System.Globalization;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Server.Invoicing;

/// <summary>The sender and the recipient of a statement, which the account does not contain.</summary>
internal sealed record StatementParties(InvoiceParty? Seller, InvoiceParty? Buyer);

/// <summary>Writes a customer's account as a document.</summary>
internal static class StatementDocument
{
    public static Document Of(Statement statement, StatementParties parties, InvoiceStyle style)
    {
        var locale = InvoiceLocale.Of(style.Locale);
        var words = locale.Words;
        return new()
        {
            Identity = $"statement {statement.Customer} {statement.Currency} {statement.Period}", Locale = locale, Title = words.Statement,
            DatedAt = statement.Period.End, Seller = parties.Seller, Buyer = parties.Buyer,
            Facts =
            [
                new(words.Period, locale.Days(statement.Period, style.Zone)), new(words.CustomerId, statement.Customer),
                new(words.Currency, statement.Currency.Code),
            ],
            Headline = new(locale.Amount(Size(statement.Closing)), statement.Closing.IsNegative ? words.InYourFavour : words.Due),
            Main = Entries(statement, locale, style), Sums = [.. Sums(statement, locale)],
            Notes = style.IsSandbox ? [words.Sandbox] : [], Footer = style.Footer, Logo = DocumentLogo.TryRead(style.Logo),
        };
    }

    /// <summary>Describes an entry in words.</summary>
    public static string Describe(StatementEntry entry, InvoiceWords words) => entry.Kind switch
    {
        StatementEntryKind.Invoice => $"{words.Invoice} {entry.Number}",
        StatementEntryKind.CreditNote => $"{words.CreditNote} {entry.Number}",
        StatementEntryKind.FromCredits => $"{words.FromCredits}: {words.Invoice} {entry.Number}",
        StatementEntryKind.Payment => Filled(words.Payment, entry),
        StatementEntryKind.Refund => Filled(words.Refund, entry),
        StatementEntryKind.ToCredits => Filled(words.ToCredits, entry),
        StatementEntryKind.Voided => Filled(words.InvoiceVoided, entry),
        StatementEntryKind.WrittenOff => Filled(words.InvoiceWrittenOff, entry),
        _ => throw new Core.InvariantBrokenException($"{entry.Kind} is no kind of entry."),
    };

    private static DocumentTable Entries(Statement statement, InvoiceLocale locale, InvoiceStyle style)
    {
        var words = locale.Words;
        var rows = statement.Entries.Select(entry => new DocumentRow(
            [locale.Date(entry.At, style.Zone), Describe(entry, words), locale.Amount(entry.Amount), locale.Amount(entry.Balance)]));
        return new(
            null,
            [new(words.Date, ColumnKind.Word), new(words.Description, ColumnKind.Text), new(words.Amount, ColumnKind.Number),
                new(words.Balance, ColumnKind.Number)],
            [
                new([locale.Date(statement.Period.Start, style.Zone), words.OpeningBalance, "", locale.Amount(statement.Opening)]),
                .. rows,
                .. statement.Entries.Count == 0 ? (DocumentRow[])[new(["", words.NoEntries, "", ""])] : [],
            ]);
    }

    /// <summary>The sums from the opening to the closing balance, without those that are zero.</summary>
    private static IEnumerable<DocumentSum> Sums(Statement statement, InvoiceLocale locale)
    {
        var words = locale.Words;
        yield return new(words.OpeningBalance, locale.Amount(statement.Opening));
        foreach (var (label, kinds) in ((string, StatementEntryKind[])[])
            [
                (words.Invoiced, [StatementEntryKind.Invoice, StatementEntryKind.Voided]),
                (words.Payments, [StatementEntryKind.Payment]),
                (words.Refunded, [StatementEntryKind.Refund]),
                (words.FromCredits, [StatementEntryKind.FromCredits, StatementEntryKind.ToCredits]),
                (words.Credited, [StatementEntryKind.CreditNote]),
                (words.WrittenOff, [StatementEntryKind.WrittenOff]),
            ])
        {
            if (statement.Entries.Any(entry => kinds.Contains(entry.Kind)))
            {
                var sum = kinds.Aggregate(MoneyAmount.Zero(statement.Currency), (sum, kind) => sum + statement.SumOf(kind));
                yield return new(label, locale.Amount(sum));
            }
        }

        yield return new(words.ClosingBalance, locale.Amount(statement.Closing), SumWeight.Total);
    }

    private static MoneyAmount Size(MoneyAmount amount) => amount.IsNegative ? -amount : amount;

    private static string Filled(string pattern, StatementEntry entry) =>
        string.Format(CultureInfo.InvariantCulture, pattern, entry.Number);
}
