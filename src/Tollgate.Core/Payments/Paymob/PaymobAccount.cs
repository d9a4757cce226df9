namespace Tollgate.Core.Payments.Paymob;

/// <summary>Paymob in one country: its own host, and keys that begin with its letters.</summary>
/// <param name="Zone">The zone of transaction times, which are local and do not name it.</param>
public sealed record PaymobCountry(string Code, Uri Home, TimeZoneInfo Zone)
{
    public static IReadOnlyList<PaymobCountry> All { get; } =
    [
        new("egy", new("https://accept.paymob.com/"), TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo")),
        new("sau", new("https://ksa.paymob.com/"), TimeZoneInfo.FindSystemTimeZoneById("Asia/Riyadh")),
        new("are", new("https://uae.paymob.com/"), TimeZoneInfo.FindSystemTimeZoneById("Asia/Dubai")),
        new("omn", new("https://oman.paymob.com/"), TimeZoneInfo.FindSystemTimeZoneById("Asia/Muscat")),
        new("pak", new("https://pakistan.paymob.com/"), TimeZoneInfo.FindSystemTimeZoneById("Asia/Karachi")),
    ];

    /// <summary>Returns the country of a key's first letters; two countries have a second spelling.</summary>
    public static PaymobCountry? Of(string code) => code switch
    {
        "ksa" => Of("sau"),
        "uae" => Of("are"),
        _ => All.FirstOrDefault(country => country.Code == code),
    };
}

/// <summary>The parts of the name of a Paymob key: <c>egy_sk_test_…</c>.</summary>
public sealed record PaymobKeyName(PaymobCountry Country, string Kind, bool IsLive)
{
    public const string Secret = "sk";
    public const string Public = "pk";

    /// <returns>Null: it is not such a key.</returns>
    public static PaymobKeyName? Read(string? key)
    {
        var parts = (key ?? "").Split('_', 4);
        return parts is [var country, Secret or Public, "test" or "live", { Length: > 0 }] && PaymobCountry.Of(country) is { } known
            ? new(known, parts[1], parts[2] == "live")
            : null;
    }
}

/// <summary>A merchant's account at Paymob: its keys and its payment integrations.</summary>
public sealed record PaymobAccount
{
    /// <summary>The key for intentions, refunds and voids.</summary>
    public required string SecretKey { get; init; }

    /// <summary>The key in the address of the checkout page.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The key that gets access tokens for looking up transactions.</summary>
    public required string ApiKey { get; init; }

    /// <summary>The secrets that sign callbacks; two during a rotation.</summary>
    public required IReadOnlyList<string> HmacSecrets { get; init; }

    /// <summary>The integrations that the checkout page offers: cards, wallets, kiosks.</summary>
    public required IReadOnlyList<long> Integrations { get; init; }

    /// <summary>The integration that charges saved cards without the customer's presence; null: Tollgate does not charge them.</summary>
    public long? Moto { get; init; }

    public PaymobCountry Country => PaymobKeyName.Read(SecretKey)!.Country;

    public bool IsLive => PaymobKeyName.Read(SecretKey)!.IsLive;

    /// <returns>Every fault of the keys: a name and a sentence each.</returns>
    public static IReadOnlyList<(string Name, string Fault)> Judge(PaymobAccount account)
    {
        var (secret, shown) = (PaymobKeyName.Read(account.SecretKey), PaymobKeyName.Read(account.PublicKey));
        List<(string, string)> faults = [];
        if (secret is not { Kind: PaymobKeyName.Secret })
        {
            faults.Add(("secret_key", "A secret key of Paymob is expected: egy_sk_test_…, with one of egy, sau, are, omn, pak."));
        }

        if (shown is not { Kind: PaymobKeyName.Public })
        {
            faults.Add(("public_key", "A public key of Paymob is expected: egy_pk_test_…"));
        }
        else if (secret is not null && (secret.Country, secret.IsLive) != (shown.Country, shown.IsLive))
        {
            faults.Add(("public_key", "It is of another country or mode than the secret key; Paymob refuses such a pair."));
        }

        if (account.ApiKey.Length == 0)
        {
            faults.Add(("api_key", "The account's API key is expected: Tollgate looks up payments with it."));
        }

        if (account.HmacSecrets.Count == 0 || account.HmacSecrets.Any(string.IsNullOrEmpty))
        {
            faults.Add(("hmac_secret", "The account's HMAC secret is expected: Paymob signs callbacks with it."));
        }

        if (account.Integrations.Count == 0 || account.Integrations.Any(static id => id <= 0))
        {
            faults.Add(("integrations", "At least one integration id is expected: the payment methods of the checkout page."));
        }

        if (account.Moto <= 0)
        {
            faults.Add(("moto_integration", "The id of an integration for charges without the customer (MOTO) is expected, or nothing."));
        }

        return faults;
    }

    /// <summary>Keeps the keys out of logs.</summary>
    public override string ToString() => $"Paymob {Country.Code} {(IsLive ? "live" : "test")}";
}
