using Tollgate.Core.Time;

namespace Tollgate.Core.Catalog;

/// <summary>A frequent question with its answer.</summary>
public sealed record PricingQuestion(string Question, string Answer);

/// <summary>The words of a customer about the product.</summary>
/// <param name="Role">For instance "Head of Hiring, Acme"; null: unknown.</param>
public sealed record Testimonial(string Quote, string Name, string? Role);

/// <summary>The texts of the public pricing page; plans, prices and limits come from the rest of the catalogue.</summary>
public sealed record PricingPage
{
    /// <summary>Null: the page shows its default headline.</summary>
    public string? Headline { get; init; }

    public string? Subline { get; init; }

    /// <summary>
    /// The page of the app on which a visitor signs up for a plan; may contain <c>{plan}</c>, <c>{period}</c> and <c>{currency}</c>. Null:
    /// the page has no buttons, because Tollgate does not know where visitors sign up.
    /// </summary>
    public string? SignupUrl { get; init; }

    /// <summary>A note below the plans, for instance that prices exclude VAT.</summary>
    public string? TaxNote { get; init; }

    public IReadOnlyList<PricingQuestion> Questions { get; init; } = [];

    public IReadOnlyList<Testimonial> Testimonials { get; init; } = [];

    /// <summary>The page of a catalogue that has no texts for it.</summary>
    public static readonly PricingPage Plain = new();

    /// <summary>True if the catalogue has a text for the page.</summary>
    public bool HasContent => Headline is not null || Subline is not null || SignupUrl is not null || TaxNote is not null
        || Questions.Count > 0 || Testimonials.Count > 0;

    /// <summary>Returns the address on which a visitor signs up for a plan.</summary>
    public string? SignupFor(string plan, PriceInterval interval, string currency) => SignupUrl?
        .Replace("{plan}", plan, StringComparison.Ordinal)
        .Replace("{period}", CatalogWords.Of(interval), StringComparison.Ordinal)
        .Replace("{currency}", currency, StringComparison.Ordinal);
}
