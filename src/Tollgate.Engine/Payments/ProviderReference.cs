using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;

namespace Tollgate.Engine.Payments;

public static class ProviderReference
{
    /// <summary>Tollgate's id of the subscription with a provider's <paramref name="reference"/>.</summary>
    public static Guid IdOf(string reference) => EventKey.Parse(reference, Instant.Epoch).Id;
}
