using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>Applies a provider update. The room Billing supplies it; the inbox only reads, stores and retries.</summary>
/// <returns>Null when applied; otherwise the reason it cannot be applied yet, shown to operators.</returns>
public delegate Task<Unresolved?> ApplyUpdate(
    ProjectSnapshot project, PaymentProvider provider, ProviderUpdate update, CancellationToken cancel);
