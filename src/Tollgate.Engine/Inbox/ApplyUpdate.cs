using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Inbox;

/// <summary>
/// Brings Tollgate's side to what a provider says of its own. The room Billing supplies it; the inbox only reads, keeps and tries again.
/// </summary>
/// <returns>Null when applied; otherwise the reason it cannot be applied yet, shown to operators.</returns>
public delegate Task<string?> ApplyUpdate(
    ProjectSnapshot project, PaymentProvider provider, ProviderUpdate update, CancellationToken cancel);
