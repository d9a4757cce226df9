namespace Tollgate.Core.Catalog;

/// <summary>
/// The limits on the size of a catalogue. Every server keeps every catalogue in memory and reads all of it on a change, and every pricing
/// page shows it, so the limits are generous for people and small for machines.
/// </summary>
public static class CatalogLimits
{
    /// <summary>The most features of a project. The largest known product has some 150.</summary>
    public const int Features = 500;

    /// <summary>
    /// The most features that a project ever published, including removed ones: each keeps its number, and every server keeps it in memory.
    /// </summary>
    public const int FeaturesEver = 5_000;

    /// <summary>The most plans of a catalogue, including retired ones.</summary>
    public const int Plans = 100;

    /// <summary>
    /// The most bytes, as JSON, of all features and plan versions that a project ever published. Every server keeps them in memory at about
    /// five times the size, since customers are pinned to them. A plan with 20 entitlements has 2 kB, so 10 plans may change every working
    /// day for six years.
    /// </summary>
    public const long VersionBytes = 32L * 1024 * 1024;

    /// <summary>The most prices of a plan: three intervals in ten currencies.</summary>
    public const int Prices = 30;

    /// <summary>The most bullets of a plan.</summary>
    public const int Bullets = 30;

    /// <summary>The most meters of a feature; each event of its type runs each of them.</summary>
    public const int Meters = 20;

    /// <summary>
    /// The most meters of all features that read one event type: each may have an effect on its own balance. A product with a token quota
    /// for each of its features has as many.
    /// </summary>
    public const int MetersOfType = 100;

    /// <summary>The most filters of a meter.</summary>
    public const int Filters = 10;

    /// <summary>The most values that a filter accepts.</summary>
    public const int FilterValues = 100;

    /// <summary>The most tiers of an overage price.</summary>
    public const int Tiers = 50;

    /// <summary>The most rate windows of an entitlement; each is state in the customer's balance.</summary>
    public const int RateLimits = 8;

    /// <summary>The most thresholds of an entitlement.</summary>
    public const int Thresholds = 10;

    /// <summary>The largest threshold in percent: a soft cap may warn at ten times the quota.</summary>
    public const int LargestThreshold = 1000;

    /// <summary>The most periods for which rolled units live.</summary>
    public const int RolloverPeriods = 120;

    /// <summary>The most days of a trial: two years.</summary>
    public const int TrialDays = 730;

    /// <summary>The largest price in minor units: a price of more than ten billion dollars is a typing error.</summary>
    public const long PriceMinor = 1_000_000_000_000;

    /// <summary>The most add-ons of a catalogue, including retired ones.</summary>
    public const int AddOns = 200;

    /// <summary>The most units of an add-on for one subscription.</summary>
    public const long AddOnQuantity = 1_000_000;

    /// <summary>The most credit packs of a catalogue, including retired ones.</summary>
    public const int Packs = 200;

    /// <summary>The most days for which a pack's units live: ten years.</summary>
    public const int PackDays = 3650;

    /// <summary>The largest priority of a pack's units; grants have the same range.</summary>
    public const int PackPriority = 1000;

    /// <summary>The most seats that a price includes.</summary>
    public const long Seats = 1_000_000;

    /// <summary>The most questions with answers on the pricing page.</summary>
    public const int Questions = 50;

    /// <summary>The most testimonials on the pricing page.</summary>
    public const int Testimonials = 20;

    /// <summary>The most characters of a name, a tagline, a bullet, an icon or a unit.</summary>
    public const int ShortText = 200;

    /// <summary>The most characters of a description.</summary>
    public const int LongText = 2000;

    /// <summary>The most characters of an upgrade URL or a value.</summary>
    public const int Url = 500;
}
