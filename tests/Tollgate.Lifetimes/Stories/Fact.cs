namespace Tollgate.Lifetimes.Stories;

/// <summary>Something that happened to a subscription, as its timeline tells it.</summary>
public sealed record Fact(DateTime At, string Type);
