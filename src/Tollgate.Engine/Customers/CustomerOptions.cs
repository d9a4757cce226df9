namespace Tollgate.Engine.Customers;

/// <summary>Limits of the room. Each has its unit, default and reason; the server validates them together at start.</summary>
public sealed record CustomerOptions
{
    /// <summary>
    /// The most members of one customer, if the plan sells no seats. Default 10,000: they share one balance, which one lane decides, and
    /// each addition counts them.
    /// </summary>
    public int MostMembers { get; init; } = 10_000;
}
