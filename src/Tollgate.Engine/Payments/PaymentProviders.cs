using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>The providers that this server can call. <c>manual</c> is not among them, because it has no interface.</summary>
public sealed class PaymentProviders(IEnumerable<IPaymentProvider> all)
{
    private readonly FrozenDictionary<PaymentProvider, IPaymentProvider> _byName = all.ToFrozenDictionary(static one => one.Name);

    public IPaymentProvider Of(PaymentProvider name) => _byName[name];

    /// <summary>Returns null if this server does not know the provider, or if it has no interface.</summary>
    public IPaymentProvider? Find(PaymentProvider name) => _byName.GetValueOrDefault(name);

    /// <summary>False: the money moves outside, and Tollgate only records it.</summary>
    public static bool MovesMoney(PaymentProvider name) => name != PaymentProvider.Manual;

    /// <summary>The providers whose customers pay on Tollgate's own pages.</summary>
    internal string[] UsingTollgatePages { get; } = [.. all.Where(static one => one.Capabilities.UsesTollgatePages)
        .Select(static one => CatalogWords.Of(one.Name))];

    /// <summary>The providers whose pages stay open until they expire.</summary>
    internal string[] KeepingPages { get; } = [.. all.Where(static one => !one.Capabilities.ClosesPages)
        .Select(static one => CatalogWords.Of(one.Name))];

    /// <summary>The capabilities of the project's chosen provider.</summary>
    public ProviderCapabilities CapabilitiesOf(ProjectSnapshot project) =>
        Find(project.Payments.Provider)?.CapabilitiesOf(project) ?? ProviderCapabilities.None;
}
