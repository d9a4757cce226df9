namespace Tollgate.Contracts.Http;

/// <summary>The body of an operation without parameters: it may be absent, or an empty object.</summary>
public sealed record NoMembers;
