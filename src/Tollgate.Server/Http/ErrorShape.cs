using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>
/// Metadata of an endpoint whose errors do not leave as problem+json: a seed door keeps the seed's own shape also for what
/// the front door refuses (a missing key, a body that is no JSON).
/// </summary>
/// <param name="WriteAsync">Writes the problem. Headers that belong to the status are set already.</param>
public sealed record ErrorShape(Func<HttpContext, Problem, Task> WriteAsync);
