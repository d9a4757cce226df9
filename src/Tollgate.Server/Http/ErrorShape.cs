using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>
/// Metadata of an endpoint with its own format of errors instead of problem+json: a seed door uses the seed's format also for refusals by
/// the front door (a missing key, a body that is not JSON).
/// </summary>
/// <param name="WriteAsync">Writes the problem. The headers of the status are already set.</param>
public sealed record ErrorShape(Func<HttpContext, Problem, Task> WriteAsync);
