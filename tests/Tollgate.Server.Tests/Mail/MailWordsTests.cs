using System.Text.RegularExpressions;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Mail;

namespace Tollgate.Server.Tests.Mail;

/// <summary>All languages have the same texts.</summary>
public sealed partial class MailWordsTests
{
    [Fact]
    public void Every_language_says_the_same_things()
    {
        foreach (var property in typeof(MailWords).GetProperties().Where(static one => one.PropertyType == typeof(string)))
        {
            var holes = new[] { MailWords.English, MailWords.German, MailWords.French, MailWords.Spanish }
                .Select(words =>
                    string.Join(
                        ' ', Hole().Matches((string)property.GetValue(words)!).Select(static hole => hole.Value).Distinct().Order()))
                        .Distinct();
            holes.Count().ShouldBe(1, property.Name);
        }
    }

    [Fact]
    public void Mails_know_the_languages_of_invoices() =>
        InvoiceLocale.All.Select(static locale => locale.Words).Distinct().Count()
            .ShouldBe(InvoiceLocale.All.Select(static locale => MailWords.Of(locale.Tag)).Distinct().Count());

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Hole();
}
