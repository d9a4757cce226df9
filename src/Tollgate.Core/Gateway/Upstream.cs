namespace Tollgate.Core.Gateway;

/// <summary>What a project says about a provider to which the gateway forwards.</summary>
/// <param name="Provider">A name of the price book, or the project's own.</param>
/// <param name="BaseUrl">Paths are put behind it. Null: the provider's own address.</param>
/// <param name="Sealed">Key and headers, encrypted; only the server's gateway opens it.</param>
/// <param name="Version">Moves with every change.</param>
public sealed record Upstream(string Provider, string? BaseUrl, ReadOnlyMemory<byte> Sealed, long Version, DateTimeOffset UpdatedAt);
