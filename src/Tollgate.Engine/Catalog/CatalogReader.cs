using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Catalog;

/// <summary>The result of reading a catalogue's text.</summary>
/// <param name="Document">Null if there are faults.</param>
/// <param name="Malformed">True if the text is not YAML or JSON; the one fault gives the position.</param>
public sealed record CatalogReading(CatalogDocument? Document, IReadOnlyList<CatalogFault> Faults, bool Malformed);

/// <summary>
/// Reads a catalogue strictly: unknown keys are faults, and so is everything that <see cref="CatalogRules"/> refuses. It reports all faults
/// of a text at once, each with its line, column and path.
/// </summary>
public static class CatalogReader
{
    /// <summary>The most bytes of a catalogue's text.</summary>
    public const int LargestText = CatalogTextLimits.LargestText;

    public static CatalogReading ReadYaml(string text) => Read(() => CatalogText.ParseYaml(text));

    public static CatalogReading ReadJson(ReadOnlyMemory<byte> utf8) => Read(() => CatalogText.ParseJson(utf8));

    /// <summary>Reads the overrides of one customer: a JSON object, feature code → members of the entitlement that differ.</summary>
    /// <param name="currency">The project's currency, for overage prices that name none.</param>
    /// <returns>The overrides by feature code, or every fault.</returns>
    public static (IReadOnlyDictionary<string, EntitlementOverride> Overrides, IReadOnlyList<CatalogFault> Faults) ReadOverrides(
        ReadOnlyMemory<byte> utf8, string currency)
    {
        try
        {
            return ReadOverrides(CatalogText.ParseJson(utf8), currency);
        }
        catch (CatalogTextException malformed)
        {
            return (new Dictionary<string, EntitlementOverride>(), [FaultOf(malformed)]);
        }
    }

    /// <summary>Reads a plan that Tollgate stored.</summary>
    internal static Plan ReadStoredPlan(ReadOnlyMemory<byte> utf8) =>
        Stored(utf8, static (faults, node) => ReadPlan(new(faults, node, ""), 0, "USD", [], checkKinds: false));

    /// <summary>Reads a catalogue that Tollgate stored, without the rules: they may have become stricter.</summary>
    internal static CatalogDocument ReadStoredDocument(ReadOnlyMemory<byte> utf8) =>
        Stored(utf8, static (faults, node) => ReadDocument(new(faults, node, "")));

    internal static Feature ReadStoredFeature(ReadOnlyMemory<byte> utf8) =>
        Stored(utf8, static (faults, node) => ReadFeature(new(faults, node, ""), 0));

    /// <summary>Reads an add-on that Tollgate stored with a subscription.</summary>
    public static AddOn ReadStoredAddOn(ReadOnlyMemory<byte> utf8) =>
        Stored(utf8, static (faults, node) => ReadAddOn(new(faults, node, ""), "USD", []));

    private static T Stored<T>(ReadOnlyMemory<byte> utf8, Func<CatalogFaults, CatalogNode, T> read)
    {
        var faults = new CatalogFaults();
        var value = read(faults, CatalogText.ParseJson(utf8));
        if (faults.All.Count > 0)
        {
            throw new InvalidOperationException(
                $"A stored catalogue is not readable by this version of Tollgate: {faults.All[0].Describe(null)}");
        }

        return value;
    }

    private static CatalogReading Read(Func<CatalogNode> parse)
    {
        try
        {
            var faults = new CatalogFaults();
            var document = ReadDocument(new(faults, parse(), ""));
            faults.AddFromRules(CatalogRules.Check(document));
            return faults.All.Count == 0
                ? new(document, [], Malformed: false)
                : new(null, [.. faults.All.OrderBy(static f => f.Line).ThenBy(static f => f.Column)], Malformed: false);
        }
        catch (CatalogTextException malformed)
        {
            return new(null, [FaultOf(malformed)], Malformed: true);
        }
    }

    private static CatalogFault FaultOf(CatalogTextException fault) => new("", fault.Message) { Line = fault.Line, Column = fault.Column };

    private static CatalogDocument ReadDocument(CatalogFields fields)
    {
        var currency = fields.Text("currency") ?? "USD";
        var features = fields.Maps("features", ReadFeature);
        var kinds = features.GroupBy(static f => f.Code)
            .ToDictionary(static g => g.Key, static g => g.First().Kind, StringComparer.Ordinal);
        var document = new CatalogDocument
        {
            Code = fields.RequiredText("code"),
            Name = fields.RequiredText("name"),
            Currency = currency,
            TimeZone = fields.Text("time_zone") ?? "Etc/UTC",
            DefaultPlan = fields.RequiredText("default_plan"),
            UpgradeUrl = fields.Text("upgrade_url") ?? "/pricing",
            WithoutSubscription = fields.Word("without_subscription", WithoutSubscription.DefaultPlan),
            UnmatchedEvents = fields.Word("unmatched_events", UnmatchedEvents.Accept),
            OverLimit = fields.Word("over_limit", OverLimit.PaymentRequired),
            Features = features,
            Plans = fields.Maps("plans", (plan, index) => ReadPlan(plan, index, currency, kinds, checkKinds: true)),
            AddOns = fields.Maps("add_ons", (addOn, _) => ReadAddOn(addOn, currency, kinds)),
            Packs = fields.Maps("packs", (pack, _) => ReadPack(pack, currency)),
            PricingPage = fields.Map("pricing_page") is { } page ? ReadPricingPage(page) : PricingPage.Plain,
        };
        fields.RefuseOthers();
        return document;
    }

    private static Feature ReadFeature(CatalogFields fields, int index)
    {
        var feature = new Feature
        {
            Code = fields.RequiredText("code"),
            Name = fields.RequiredText("name"),
            Kind = fields.Word("kind", FeatureKind.Metered),
            Description = fields.Text("description"),
            TaxCategory = fields.Text("tax_category"),
            Icon = fields.Text("icon"),
            Unit = fields.Text("unit"),
            IsMoney = fields.Flag("money", otherwise: false),
            SortOrder = fields.Int32("sort_order", index + 1),
            Meters = fields.Maps("meters", ReadMeter),
        };
        fields.RefuseOthers();
        return feature;
    }

    private static Meter ReadMeter(CatalogFields fields, int index)
    {
        var meter = new Meter(
            fields.RequiredText("event_type"),
            fields.Word("aggregate", MeterAggregate.Sum),
            fields.Text("value_property"),
            fields.Maps("filters", ReadFilter),
            fields.Word("late_events", LateEventPolicy.NextInvoice));
        fields.RefuseOthers();
        return meter;
    }

    private static MeterFilter ReadFilter(CatalogFields fields, int index)
    {
        var filter = new MeterFilter(fields.RequiredText("property"), fields.Texts("any_of"));
        fields.RefuseOthers();
        return filter;
    }

    private static Plan ReadPlan(
        CatalogFields fields, int index, string currency, Dictionary<string, FeatureKind> kinds, bool checkKinds)
    {
        var plan = new Plan
        {
            Code = fields.RequiredText("code"),
            Name = fields.RequiredText("name"),
            Tagline = fields.Text("tagline"),
            Description = fields.Text("description"),
            TaxCategory = fields.Text("tax_category"),
            Bullets = fields.Texts("bullets"),
            Icon = fields.Text("icon"),
            Highlighted = fields.Flag("highlighted", otherwise: false),
            SortOrder = fields.Int32("sort_order", index + 1),
            Active = fields.Flag("active", otherwise: true),
            Prices = fields.Maps("prices", (price, _) => ReadPrice(price, currency)),
            Entitlements = fields.Maps("entitlements", (entitlement, _) => ReadEntitlement(entitlement, currency, kinds, checkKinds)),
        };
        fields.RefuseOthers();
        return plan;
    }

    private static AddOn ReadAddOn(CatalogFields fields, string currency, Dictionary<string, FeatureKind> kinds)
    {
        var addOn = new AddOn
        {
            Code = fields.RequiredText("code"),
            Name = fields.RequiredText("name"),
            Description = fields.Text("description"),
            TaxCategory = fields.Text("tax_category"),
            Active = fields.Flag("active", otherwise: true),
            Prices = fields.Maps("prices", (price, _) => ReadAddOnPrice(price, currency)),
            Entitlements = fields.Maps("entitlements", (added, _) => ReadAddOnEntitlement(added, kinds)),
            Plans = fields.Says("plans") ? fields.Texts("plans") : null,
            MaxQuantity = fields.Whole("max_quantity"),
        };
        fields.RefuseOthers();
        return addOn;
    }

    private static AddOnPrice ReadAddOnPrice(CatalogFields fields, string currency)
    {
        RequireInterval(fields);
        var price = new AddOnPrice(
            fields.Word("interval", PriceInterval.Monthly), fields.Text("currency") ?? currency, RequiredMinor(fields))
        {
            Discount = fields.Map("discount") is { } discount ? ReadDiscount(discount) : null,
        };
        fields.RefuseOthers();
        return price;
    }

    /// <summary>The kinds decide which of the two members is required; a stored add-on has the right one.</summary>
    private static AddOnEntitlement ReadAddOnEntitlement(CatalogFields fields, Dictionary<string, FeatureKind> kinds)
    {
        var change = new EntitlementOverride
        {
            Feature = fields.RequiredText("feature"),
            Quota = If(fields, "quota", static (f, key) => f.AmountOrUnlimited(key)),
            Enabled = If(fields, "enabled", static (f, key) => f.Flag(key, otherwise: true)),
        };
        fields.RefuseOthers();
        FeatureKind? kind = kinds.TryGetValue(change.Feature, out var known) ? known : null;
        foreach (var (member, message) in kind is FeatureKind.Metered or FeatureKind.Switch ? EntitlementRules.Misfits(known, change) : [])
        {
            fields.Fault(member, message);
        }

        if (kind == FeatureKind.Metered && !change.Quota.IsSet)
        {
            fields.Fault("quota", $"'quota' of '{change.Feature}' is missing: the units that one add-on adds, or unlimited.");
        }

        return new(change.Feature, change.Quota.Or(null), change.Enabled.Or(kind == FeatureKind.Switch || !change.Quota.IsSet));
    }

    private static CreditPack ReadPack(CatalogFields fields, string currency)
    {
        if (!fields.Says("quantity"))
        {
            fields.Fault("quantity", "'quantity' is missing: the units that a pack grants.");
        }

        var pack = new CreditPack
        {
            Code = fields.RequiredText("code"),
            Name = fields.RequiredText("name"),
            Description = fields.Text("description"),
            TaxCategory = fields.Text("tax_category"),
            Active = fields.Flag("active", otherwise: true),
            Feature = fields.RequiredText("feature"),
            Quantity = fields.Amount("quantity") ?? Quantity.One,
            Prices = fields.Maps("prices", (price, _) => ReadPackPrice(price, currency)),
            ExpiresAfterDays = fields.OptionalInt32("expires_after_days"),
            Priority = fields.OptionalInt32("priority"),
            Plans = fields.Says("plans") ? fields.Texts("plans") : null,
        };
        fields.RefuseOthers();
        return pack;
    }

    private static PackPrice ReadPackPrice(CatalogFields fields, string currency)
    {
        var price = new PackPrice(fields.Text("currency") ?? currency, RequiredMinor(fields))
        {
            Discount = fields.Map("discount") is { } discount ? ReadDiscount(discount) : null,
        };
        fields.RefuseOthers();
        return price;
    }

    private static PricingPage ReadPricingPage(CatalogFields fields)
    {
        var page = new PricingPage
        {
            Headline = fields.Text("headline"),
            Subline = fields.Text("subline"),
            SignupUrl = fields.Text("signup_url"),
            TaxNote = fields.Text("tax_note"),
            Questions = fields.Maps("faq", ReadQuestion),
            Testimonials = fields.Maps("testimonials", ReadTestimonial),
        };
        fields.RefuseOthers();
        return page;
    }

    private static PricingQuestion ReadQuestion(CatalogFields fields, int index)
    {
        var question = new PricingQuestion(fields.RequiredText("question"), fields.RequiredText("answer"));
        fields.RefuseOthers();
        return question;
    }

    private static Testimonial ReadTestimonial(CatalogFields fields, int index)
    {
        var said = new Testimonial(fields.RequiredText("quote"), fields.RequiredText("name"), fields.Text("role"));
        fields.RefuseOthers();
        return said;
    }

    private static void RequireInterval(CatalogFields fields)
    {
        if (!fields.Says("interval"))
        {
            fields.Fault("interval", "'interval' is missing: weekly, monthly or yearly.");
        }
    }

    private static long RequiredMinor(CatalogFields fields)
    {
        if (!fields.Says("amount"))
        {
            fields.Fault("amount", "'amount' is missing: minor units of the currency, 2999 for $29.99.");
        }

        return fields.Minor("amount") ?? 0;
    }

    private static PlanPrice ReadPrice(CatalogFields fields, string currency)
    {
        RequireInterval(fields);
        var price = new PlanPrice(
            fields.Word("interval", PriceInterval.Monthly),
            fields.Text("currency") ?? currency,
            RequiredMinor(fields),
            fields.Int32("trial_days", 0))
        {
            Seats = fields.Map("seats") is { } seats ? ReadSeats(seats) : null,
            Discount = fields.Map("discount") is { } discount ? ReadDiscount(discount) : null,
            MinimumMinor = fields.Minor("minimum"),
        };
        fields.RefuseOthers();
        return price;
    }

    private static LineDiscount ReadDiscount(CatalogFields fields)
    {
        var (percent, amount) = (fields.Amount("percent"), fields.Minor("amount"));
        if ((percent is null) == (amount is null))
        {
            fields.Fault("percent", "A discount has either 'percent' or 'amount' (minor units off the price for one).");
        }

        fields.RefuseOthers();
        return new(percent is { } rate ? new Percent(rate.Value) : null, percent is null ? amount ?? 0 : null);
    }

    /// <summary>Reads the discount of a tiered price, which has many amounts: a percentage.</summary>
    private static Percent? ReadPercentOff(CatalogFields fields)
    {
        var percent = fields.Amount("percent");
        if (percent is null)
        {
            fields.Fault("percent", "'percent' is missing: 10 for ten percent off each unit price and fee.");
        }
        else if (percent.Value.Value is < 0 or > 100)
        {
            fields.Fault("percent", $"{percent} percent off; a discount is 0 to 100 percent.");
        }

        fields.RefuseOthers();
        return percent is { Value: >= 0 and <= 100 } rate ? new Percent(rate.Value) : null;
    }

    private static Entitlement ReadEntitlement(
        CatalogFields fields, string currency, Dictionary<string, FeatureKind> kinds, bool checkKinds)
    {
        var code = fields.RequiredText("feature");
        var change = ReadMembers(fields, code, currency);
        fields.RefuseOthers();
        if (checkKinds && kinds.TryGetValue(code, out var kind))
        {
            foreach (var (member, message) in EntitlementRules.Misfits(kind, change).Concat(EntitlementRules.Missing(kind, change)))
            {
                fields.Fault(member, message);
            }
        }

        // With a pool, a missing quota means no units of its own. A named switch is on; other kinds have no switch.
        var hasPool = change.Pool is { IsSet: true, Value: not null };
        var isSwitch = !change.Quota.IsSet && !change.Value.IsSet && !hasPool;
        return EntitlementRules.Apply(new() { Feature = code, Quota = hasPool ? Quantity.Zero : null, Enabled = isSwitch }, change);
    }

    private static (IReadOnlyDictionary<string, EntitlementOverride> Overrides, IReadOnlyList<CatalogFault> Faults) ReadOverrides(
        CatalogNode root, string currency)
    {
        var faults = new CatalogFaults();
        var overrides = new Dictionary<string, EntitlementOverride>(StringComparer.Ordinal);
        if (root is not MapNode map)
        {
            return (overrides, [new("", "Expected an object: feature code and what differs for this customer.") { Line = 1, Column = 1 }]);
        }

        foreach (var entry in map.Entries)
        {
            var fields = new CatalogFields(faults, entry.Value, entry.Key);
            var change = ReadMembers(fields, entry.Key, currency);
            fields.RefuseOthers();
            if (!overrides.TryAdd(entry.Key, change))
            {
                faults.Add(entry.Key, $"The feature '{entry.Key}' occurs twice.", entry);
            }
        }

        return (overrides, faults.All);
    }

    /// <summary>Reads the members of an entitlement except its feature; plans and overrides have the same keys.</summary>
    private static EntitlementOverride ReadMembers(CatalogFields fields, string feature, string currency) => new()
    {
        Feature = feature,
        Quota = If(fields, "quota", static (f, key) => f.AmountOrUnlimited(key)),
        Period = If(fields, "period", static (f, key) => f.Word(key, QuotaPeriodKind.BillingMonth)),
        HardCap = If(fields, "hard_cap", static (f, key) => f.Flag(key, otherwise: true)),
        OverageLimit = If(fields, "overage_limit", static (f, key) => f.AmountOrUnlimited(key)),
        OveragePrices = If(fields, "overage_price", (f, key) => f.MapOrMaps(key, (price, _) => ReadOveragePrice(price, currency))),
        Rollover = If(fields, "rollover", static (f, key) => f.Map(key) is { } rollover ? ReadRollover(rollover) : null),
        RateLimits = If(fields, "rate_limits", static (f, key) => f.Maps(key, ReadRateLimit)),
        Pool = If(fields, "pool", static (f, key) => f.Map(key) is { } pool ? ReadPool(pool) : null),
        Thresholds = If(fields, "thresholds", static (f, key) => f.Int32s(key)),
        SettleOver = If(fields, "settle_over", static (f, key) => f.Word(key, SettleOverPolicy.Allow)),
        GrantOnChange = If(fields, "grant_on_change", static (f, key) => f.Word(key, GrantOnChange.Full)),
        Enabled = If(fields, "enabled", static (f, key) => f.Flag(key, otherwise: true)),
        Value = If(fields, "value", static (f, key) => f.TextOrUnlimited(key)),
    };

    private static Setting<T> If<T>(CatalogFields fields, string key, Func<CatalogFields, string, T> read) =>
        fields.Has(key) ? Setting.To(read(fields, key)) : default;

    private static OveragePrice ReadOveragePrice(CatalogFields fields, string currency)
    {
        var mode = fields.Word("mode", TierMode.PerUnit);
        var price = new OveragePrice(
            mode,
            fields.Text("currency") ?? currency,
            fields.Maps("tiers", (tier, _) => ReadTier(tier, mode)),
            fields.Amount("package_size"))
        {
            FirstFlatFee = fields.Word("first_flat_fee", FirstFlatFee.Always),
            Discount = fields.Map("discount") is { } discount ? ReadPercentOff(discount) : null,
        };
        fields.RefuseOthers();
        return price;
    }

    /// <summary>Reads the price of seats: either one price for each seat, or tiers as for overage.</summary>
    private static SeatPrice ReadSeats(CatalogFields fields)
    {
        var (included, mode) = (fields.Whole("included") ?? 0, fields.Word("mode", TierMode.PerUnit));
        var (each, tiers) = (fields.Price("price"), fields.Maps("tiers", (tier, _) => ReadTier(tier, mode)));
        var hasPrice = fields.Says("price");
        if (hasPrice == fields.Says("tiers"))
        {
            fields.Fault("price", "Seats have either a 'price' for each, \"12.00\" in major units of the currency, or 'tiers'.");
        }
        else if (hasPrice && mode != TierMode.PerUnit)
        {
            fields.Fault("mode", $"'{CatalogWords.Of(mode)}' needs 'tiers'; 'price' is one price for each seat.");
        }

        var seats = new SeatPrice(included, mode, hasPrice ? [new(null, each ?? UnitPrice.Free, null)] : tiers)
        {
            FirstFlatFee = fields.Word("first_flat_fee", FirstFlatFee.Always),
            Discount = fields.Map("discount") is { } discount ? ReadPercentOff(discount) : null,
        };
        fields.RefuseOthers();
        return seats;
    }

    private static PriceTier ReadTier(CatalogFields fields, TierMode mode)
    {
        var isShare = mode == TierMode.Percentage;
        if (isShare && !fields.Says("percent"))
        {
            fields.Fault("percent", "'percent' is missing: 2.5 for two and a half percent of the amount.");
        }

        if (isShare && fields.Has("unit_price"))
        {
            fields.Fault("unit_price", "'unit_price' does not belong to mode percentage, which has a 'percent'.");
        }

        if (!isShare && !fields.Says("unit_price"))
        {
            fields.Fault("unit_price", "'unit_price' is missing: major units of the currency for one unit, \"0.05\" for five cents.");
        }

        var tier = new PriceTier(
            fields.AmountOrUnlimited("up_to"), fields.Price("unit_price") ?? UnitPrice.Free, fields.Price("flat_fee"))
            {
                Percent = fields.Percent("percent"),
            };
        fields.RefuseOthers();
        return tier;
    }

    private static RolloverPolicy ReadRollover(CatalogFields fields)
    {
        var rollover = new RolloverPolicy(
            fields.AmountOrUnlimited("max"), fields.Int32("periods", 1), fields.Flag("carry_overage", otherwise: false));
        fields.RefuseOthers();
        return rollover;
    }

    private static RateLimit ReadRateLimit(CatalogFields fields, int index)
    {
        if (!fields.Says("limit"))
        {
            fields.Fault("limit", "'limit' is missing: how many in one window.");
        }

        if (!fields.Says("per"))
        {
            fields.Fault("per", "'per' is missing: second, minute, hour, day or concurrency.");
        }

        var counts = fields.Word("counts", RateCounts.Decisions);
        var limit = new RateLimit(
            fields.Word("per", RateUnit.Minute), fields.Amount("limit") ?? Quantity.One, fields.Amount("burst"),
            counts == RateCounts.Decisions);
        fields.RefuseOthers();
        return limit;
    }

    private static CreditPool ReadPool(CatalogFields fields)
    {
        if (!fields.Says("rate"))
        {
            fields.Fault("rate", "'rate' is missing: credits for one unit of this feature.");
        }

        var pool = new CreditPool(fields.RequiredText("feature"), fields.Amount("rate") ?? Quantity.One);
        fields.RefuseOthers();
        return pool;
    }
}

/// <summary>The unit that a rate window counts: the word for <see cref="RateLimit.CountsDecisions"/>.</summary>
internal enum RateCounts
{
    /// <summary>Each decision counts 1 (requests).</summary>
    Decisions,

    /// <summary>Each decision counts its amount (tokens).</summary>
    Amount,
}
