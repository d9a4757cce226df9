using Tollgate.Core.Branding;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Pricing;

/// <summary>A rendered page.</summary>
internal sealed record RenderedPage(byte[] Plain, byte[] Packed, string ETag)
{
    public int Bytes => Plain.Length + Packed.Length;
}

/// <summary>The part of a request that changes a page without a calculation.</summary>
/// <param name="Currency">Null: the default of the page.</param>
/// <param name="Interval">Null: the default of the page.</param>
internal readonly record struct PageVariant(string? Currency, PriceInterval? Interval, Uri Address);

/// <summary>The cached pages of one project in one state, and its turn to render a page.</summary>
internal sealed class ProjectPages(ProjectSnapshot project)
{
    private readonly Dictionary<PageVariant, RenderedPage> _pages = [];
    private readonly HashSet<string> _currencies =
    [
        .. CatalogDisplay.Offered(project.Catalog.Document).SelectMany(static plan => plan.Prices).Select(static price => price.Currency),
    ];

    /// <summary>A page at the limits of a catalogue takes a core for a second, so a project renders one at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    public long Bytes { get; private set; }

    public bool IsOf(ProjectSnapshot now) => ReferenceEquals(project.Catalog, now.Catalog) && project.Brand == now.Brand
        && project.PublicName == now.PublicName && project.Mode == now.Mode;

    /// <summary>Equal pages have equal variants: a currency that the project does not sell is the default one.</summary>
    public PageVariant VariantOf(PricingQuery query, Uri address) =>
        new(_currencies.Contains(query.CurrencyCode) ? query.CurrencyCode : null, query.Interval, address);

    public RenderedPage? Find(PageVariant variant)
    {
        lock (_pages)
        {
            return _pages.GetValueOrDefault(variant);
        }
    }

    /// <summary>Adds a page. A full cache first drops all its pages: the frequent ones come back with the next hit.</summary>
    public void Add(PageVariant variant, RenderedPage page, long most)
    {
        lock (_pages)
        {
            if (Bytes + page.Bytes > most)
            {
                Clear();
            }

            Bytes += _pages.TryAdd(variant, page) ? page.Bytes : 0;
        }
    }

    public void Clear()
    {
        lock (_pages)
        {
            _pages.Clear();
            Bytes = 0;
        }
    }
}
