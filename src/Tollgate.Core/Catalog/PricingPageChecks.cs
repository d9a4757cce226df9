using System.Text.RegularExpressions;

namespace Tollgate.Core.Catalog;

/// <summary>The checks of the texts of the pricing page.</summary>
internal static partial class PricingPageChecks
{
    private const string Path = "pricing_page";

    public static void Check(PricingPage page, List<CatalogFault> faults)
    {
        CatalogRules.CheckOptionalText(page.Headline, $"{Path}.headline", CatalogLimits.ShortText, faults);
        CatalogRules.CheckOptionalText(page.Subline, $"{Path}.subline", CatalogLimits.ShortText, faults);
        CatalogRules.CheckOptionalText(page.TaxNote, $"{Path}.tax_note", CatalogLimits.ShortText, faults);
        if (page.SignupUrl is { } url && (url.Length > CatalogLimits.Url || !WebUrl().IsMatch(url)))
        {
            faults.Add(new(
                $"{Path}.signup_url",
                $"'signup_url' must be an http(s) URL of your app without spaces, of at most {CatalogLimits.Url} characters."));
        }

        CatalogRules.CheckCount(page.Questions.Count, CatalogLimits.Questions, $"{Path}.faq", faults);
        foreach (var (question, at) in page.Questions.Select(static (question, at) => (question, at)))
        {
            CatalogRules.CheckText(question.Question, $"{Path}.faq[{at}].question", CatalogLimits.ShortText, faults);
            CatalogRules.CheckText(question.Answer, $"{Path}.faq[{at}].answer", CatalogLimits.LongText, faults);
        }

        CatalogRules.CheckCount(page.Testimonials.Count, CatalogLimits.Testimonials, $"{Path}.testimonials", faults);
        foreach (var (said, at) in page.Testimonials.Select(static (said, at) => (said, at)))
        {
            CatalogRules.CheckText(said.Quote, $"{Path}.testimonials[{at}].quote", CatalogLimits.LongText, faults);
            CatalogRules.CheckText(said.Name, $"{Path}.testimonials[{at}].name", CatalogLimits.ShortText, faults);
            CatalogRules.CheckOptionalText(said.Role, $"{Path}.testimonials[{at}].role", CatalogLimits.ShortText, faults);
        }
    }

    [GeneratedRegex(@"^https?://[^\s""<>\\^`]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex WebUrl();
}
