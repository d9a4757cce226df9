namespace Tollgate.Core.Catalog;

/// <summary>
/// How big a catalogue may be. Every server holds every catalogue in memory and reads it whole on a change, and every
/// pricing page shows it, so the bounds are generous for people and small for machines.
/// </summary>
public static class CatalogLimits
{
    /// <summary>Features of a project. The largest known product has some 150.</summary>
    public const int Features = 500;

    /// <summary>
    /// Features that a project ever published, those that its catalogue no longer has included: each keeps its number, and every server
    /// keeps it in memory.
    /// </summary>
    public const int FeaturesEver = 5_000;

    /// <summary>Plans of a catalogue, retired ones included.</summary>
    public const int Plans = 100;

    /// <summary>
    /// Bytes of all features and all versions of plans that a project ever published, as JSON. Every server keeps them in memory, at about
    /// five times the size: customers are pinned to them. A plan with 20 entitlements has 2 kB, so that 10 of them may change every working
    /// day for six years.
    /// </summary>
    public const long VersionBytes = 32L * 1024 * 1024;

    /// <summary>Prices of a plan: three intervals in ten currencies.</summary>
    public const int Prices = 30;

    /// <summary>Lines with check marks.</summary>
    public const int Bullets = 30;

    /// <summary>Meters of a feature; each is tried on every event of its type.</summary>
    public const int Meters = 20;

    /// <summary>
    /// Meters of all features that read one type of events: each may have an effect that its own balance keeps. A product with a token
    /// quota for each of its features has as many.
    /// </summary>
    public const int MetersOfType = 100;

    /// <summary>Filters of a meter.</summary>
    public const int Filters = 10;

    /// <summary>Values that a filter accepts.</summary>
    public const int FilterValues = 100;

    /// <summary>Steps of an overage price.</summary>
    public const int Tiers = 50;

    /// <summary>Rate windows of an entitlement; each is state in the customer's balance.</summary>
    public const int RateLimits = 8;

    /// <summary>Thresholds of an entitlement.</summary>
    public const int Thresholds = 10;

    /// <summary>Largest threshold, in percent: a soft cap may warn at ten times the quota.</summary>
    public const int LargestThreshold = 1000;

    /// <summary>Periods that a rolled quantity may live.</summary>
    public const int RolloverPeriods = 120;

    /// <summary>Days of a trial: two years.</summary>
    public const int TrialDays = 730;

    /// <summary>Minor units of a price: beyond ten billion dollars it is a slip of the keyboard.</summary>
    public const long PriceMinor = 1_000_000_000_000;

    /// <summary>Add-ons of a catalogue, retired ones included.</summary>
    public const int AddOns = 200;

    /// <summary>Units of an add-on that one subscription may have.</summary>
    public const long AddOnQuantity = 1_000_000;

    /// <summary>Credit packs of a catalogue, retired ones included.</summary>
    public const int Packs = 200;

    /// <summary>Days that a pack's units may live: ten years.</summary>
    public const int PackDays = 3650;

    /// <summary>Largest priority of a pack's units; grants have the same range.</summary>
    public const int PackPriority = 1000;

    /// <summary>Seats that a price includes.</summary>
    public const long Seats = 1_000_000;

    /// <summary>Characters of a name, a tagline, a bullet, an icon, a unit.</summary>
    public const int ShortText = 200;

    /// <summary>Characters of a description.</summary>
    public const int LongText = 2000;

    /// <summary>Characters of an upgrade URL or of a value.</summary>
    public const int Url = 500;
}
