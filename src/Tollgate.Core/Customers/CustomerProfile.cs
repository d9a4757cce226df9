using System.Collections.Frozen;

namespace Tollgate.Core.Customers;

/// <summary>The reason why a customer pays no tax, and the document that proves it. Its invoices show both.</summary>
public sealed record TaxExemption(string Reason, string Document);

/// <summary>The data of a project about a customer. Everything is optional; null: not given.</summary>
public sealed record CustomerProfile
{
    public static readonly CustomerProfile Blank = new();

    public string? Name { get; init; }

    public string? Email { get; init; }

    /// <summary>ISO 4217; null: the project's currency.</summary>
    public string? Currency { get; init; }

    /// <summary>An IANA name; null: the project's zone. For display only; quota periods follow the project's zone.</summary>
    public string? TimeZone { get; init; }

    /// <summary>ISO 3166-1, two capital letters.</summary>
    public string? Country { get; init; }

    /// <summary>The VAT or other tax number, as the customer writes it.</summary>
    public string? TaxId { get; init; }

    /// <summary>Null: the customer pays the taxes of its country.</summary>
    public TaxExemption? TaxExempt { get; init; }

    /// <summary>A flat object of the project's own data, which Tollgate never reads.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = FrozenDictionary<string, string>.Empty;

    public bool Equals(CustomerProfile? other) =>
        other is not null && Name == other.Name && Email == other.Email && Currency == other.Currency && TimeZone == other.TimeZone
        && Country == other.Country && TaxId == other.TaxId && TaxExempt == other.TaxExempt && SameMetadata(Metadata, other.Metadata);

    public override int GetHashCode() => HashCode.Combine(Name, Email, Currency, TimeZone, Country, TaxId, Metadata.Count);

    private static bool SameMetadata(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);
}

/// <summary>A change of some members: unnamed ones stay unchanged, null clears. Metadata merges key by key.</summary>
public sealed record CustomerPatch
{
    public Change<string?> Name { get; init; }

    public Change<string?> Email { get; init; }

    public Change<string?> Currency { get; init; }

    public Change<string?> TimeZone { get; init; }

    public Change<string?> Country { get; init; }

    public Change<string?> TaxId { get; init; }

    public Change<TaxExemption?> TaxExempt { get; init; }

    /// <summary>A null value removes its key; a null map removes all keys.</summary>
    public Change<IReadOnlyDictionary<string, string?>?> Metadata { get; init; }

    public CustomerProfile ApplyTo(CustomerProfile old) => new()
    {
        Name = Name.Or(old.Name),
        Email = Email.Or(old.Email),
        Currency = Currency.Or(old.Currency),
        TimeZone = TimeZone.Or(old.TimeZone),
        Country = Country.Or(old.Country),
        TaxId = TaxId.Or(old.TaxId),
        TaxExempt = TaxExempt.Or(old.TaxExempt),
        Metadata = Metadata.IsNamed ? Merge(old.Metadata, Metadata.Value) : old.Metadata,
    };

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> old, IReadOnlyDictionary<string, string?>? changes)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        if (changes is null)
        {
            return merged;
        }

        foreach (var (key, value) in old)
        {
            merged[key] = value;
        }

        foreach (var (key, value) in changes)
        {
            if (value is null)
            {
                merged.Remove(key);
            }
            else
            {
                merged[key] = value;
            }
        }

        return merged;
    }
}

/// <summary>A member with the new value that a request gives, or one that the request leaves out.</summary>
public readonly record struct Change<T>(bool IsNamed, T Value)
{
    public T Or(T old) => IsNamed ? Value : old;

    public static Change<T> To(T value) => new(true, value);
}

/// <summary>A customer with its public data.</summary>
/// <param name="Plan">The code of its plan: the project's default plan unless another is assigned.</param>
/// <param name="PlanVersion">The number of the version: the newest of the default plan, or the pinned one.</param>
public sealed record Customer(string Id, CustomerProfile Profile, string Plan, int PlanVersion, Time.Instant CreatedAt)
{
    /// <summary>The customer whose member this one is, and whose balances it uses; null: none, it uses its own.</summary>
    public string? Owner { get; init; }

    /// <summary>The state of the check of <see cref="CustomerProfile.TaxId"/>.</summary>
    public VatStanding Vat { get; init; } = VatStanding.Unchecked;
}
