namespace Tollgate.Core.Quotas;

/// <summary>A key that encrypts the texts of one customer's usage.</summary>
/// <param name="Number">Names it among the keys of the customer.</param>
/// <param name="Secret">32 bytes.</param>
public sealed record UsageKey(short Number, ReadOnlyMemory<byte> Secret);
