using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>Those that this server can talk to. <c>manual</c> is none of them: nobody is there to be asked.</summary>
public sealed class PaymentProviders(IEnumerable<IPaymentProvider> all)
{
    private readonly FrozenDictionary<PaymentProvider, IPaymentProvider> _byName = all.ToFrozenDictionary(static one => one.Name);

    public IPaymentProvider Of(PaymentProvider name) => _byName[name];

    /// <summary>Null: this server does not know it, or money comes by itself.</summary>
    public IPaymentProvider? Find(PaymentProvider name) => _byName.GetValueOrDefault(name);

    /// <summary>Those whose pages stay open until their time is over.</summary>
    internal string[] KeepingPages { get; } = [.. all.Where(static one => !one.Capabilities.ClosesPages)
        .Select(static one => CatalogWords.Of(one.Name))];

    /// <summary>Of the one that the project has chosen.</summary>
    public ProviderCapabilities CapabilitiesOf(ProjectSnapshot project) =>
        Find(project.Payments.Provider)?.CapabilitiesOf(project) ?? ProviderCapabilities.None;
}
