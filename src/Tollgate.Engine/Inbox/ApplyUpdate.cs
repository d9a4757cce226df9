using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Inbox;

/// <summary>
/// Brings Tollgate's side to what a provider says of its own. The room Billing supplies it; the inbox only reads, keeps and tries again.
/// </summary>
/// <returns>Null when applied; otherwise why it cannot be applied yet, and what it waits for.</returns>
public delegate Task<Unresolved?> ApplyUpdate(
    ProjectSnapshot project, PaymentProvider provider, ProviderUpdate update, CancellationToken cancel);
