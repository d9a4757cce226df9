using System.Globalization;

namespace Tollgate.Lifetimes.Stories;

/// <summary>A part of a quota period with one quota and one price, as in the explanation of a usage line.</summary>
/// <param name="Plan">Null, like <paramref name="Quota"/>: no plan sold the feature, and the owner of the quota does not matter.</param>
/// <param name="Used">Null: not shown, because nothing of the period is beyond.</param>
public sealed record Stretch(DateTime From, DateTime To, string? Plan, decimal? Quota, decimal? Used, decimal Beyond, Overage? Price)
{
    /// <summary>Both are sold with one quota at one price, or neither is sold.</summary>
    public bool HasTermsOf(Stretch other) =>
        Price is null || other.Price is null ? Price is null && other.Price is null : Quota == other.Quota && Price.IsTheSame(other.Price);

    public override string ToString()
    {
        var sold = Price is null ? "not sold" : string.Create(CultureInfo.InvariantCulture, $"{Plan} {Quota:0.######} at {Price}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{From:yyyy-MM-dd HH:mm:ss} → {To:yyyy-MM-dd HH:mm:ss} used {Used:0.######}, beyond {Beyond:0.######}, {sold}");
    }
}

/// <summary>The explanation of the newest usage line of a quota period.</summary>
/// <param name="Rated">The rated sum of all lines of the period, before discounts on credits.</param>
/// <param name="Beyond">The quantity beyond in the whole period, according to the explanation.</param>
public sealed record Explained(
    string Customer, string Currency, string Feature, DateTime Start, DateTime End, long Rated, decimal Beyond,
    IReadOnlyList<Stretch> Stretches);
