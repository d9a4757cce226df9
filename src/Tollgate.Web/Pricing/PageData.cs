using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Pricing;

/// <summary>The page's content for search engines: schema.org as JSON-LD, which browsers do not run.</summary>
internal static class PageData
{
    /// <summary>The element with the data. The writer escapes &lt;, &gt; and &amp;, so that no text of a catalogue ends it.</summary>
    public static MarkupString Of(PricingModel model)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("@context", "https://schema.org");
            json.WriteStartArray("@graph");
            WriteProduct(json, model);
            if (model.Texts.Questions.Count > 0)
            {
                WriteQuestions(json, model);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new($"<script type=\"application/ld+json\">{Encoding.UTF8.GetString(bytes.ToArray())}</script>");
    }

    /// <summary>The module of the calculators.</summary>
    public static MarkupString Module => new($"<script type=\"module\" src=\"{PageAssets.Pricing.Path}\"></script>");

    private static void WriteProduct(Utf8JsonWriter json, PricingModel model)
    {
        json.WriteStartObject();
        json.WriteString("@type", "Product");
        json.WriteString("name", model.Seller.Name);
        json.WriteString("description", model.Description);
        json.WriteString("url", model.Page.AbsoluteUri);
        if (model.Seller.Logo is { } logo)
        {
            json.WriteString("image", new Uri(model.Page, logo).AbsoluteUri);
        }

        json.WriteStartArray("offers");
        foreach (var plan in model.Plans)
        {
            foreach (var terms in model.Intervals.Select(interval => model.TermsOf(plan, interval)).OfType<SubscriptionTerms>())
            {
                WriteOffer(json, plan.Name, terms.Amount, terms.Interval);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOffer(Utf8JsonWriter json, string plan, MoneyAmount amount, PriceInterval interval)
    {
        var price = amount.Major.ToString($"F{amount.Currency.Decimals}", CultureInfo.InvariantCulture);
        json.WriteStartObject();
        json.WriteString("@type", "Offer");
        json.WriteString("name", plan);
        json.WriteString("price", price);
        json.WriteString("priceCurrency", amount.Currency.Code);
        json.WriteStartObject("priceSpecification");
        json.WriteString("@type", "UnitPriceSpecification");
        json.WriteString("price", price);
        json.WriteString("priceCurrency", amount.Currency.Code);
        json.WriteNumber("billingDuration", 1);
        json.WriteString("unitCode", interval switch { PriceInterval.Weekly => "WEE", PriceInterval.Yearly => "ANN", _ => "MON" });
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteQuestions(Utf8JsonWriter json, PricingModel model)
    {
        json.WriteStartObject();
        json.WriteString("@type", "FAQPage");
        json.WriteStartArray("mainEntity");
        foreach (var (question, answer) in model.Texts.Questions)
        {
            json.WriteStartObject();
            json.WriteString("@type", "Question");
            json.WriteString("name", question);
            json.WriteStartObject("acceptedAnswer");
            json.WriteString("@type", "Answer");
            json.WriteString("text", answer);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
