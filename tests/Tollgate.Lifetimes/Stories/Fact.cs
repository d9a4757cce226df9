namespace Tollgate.Lifetimes.Stories;

/// <summary>A fact of a subscription's timeline.</summary>
public sealed record Fact(DateTime At, string Type);
