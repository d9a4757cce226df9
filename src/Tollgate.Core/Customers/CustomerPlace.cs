namespace Tollgate.Core.Customers;

/// <summary>The partition of a customer's rows: <c>hash(project, customer) mod 64</c>, the same on every server, permanently.</summary>
public static class CustomerPlace
{
    /// <summary>The number of partitions. It never changes, because a change would move every customer.</summary>
    public const int Partitions = 64;

    /// <summary>
    /// Computes FNV-1a (64 bits) over the project's number and the UTF-16 code units of the customer's id, folded to 6 bits.
    /// </summary>
    public static short PartitionOf(int projectId, string customer)
    {
        unchecked
        {
            var hash = (14695981039346656037UL ^ (uint)projectId) * 1099511628211UL;
            foreach (var unit in customer)
            {
                hash = (hash ^ unit) * 1099511628211UL;
            }

            hash ^= hash >> 32;
            return (short)((hash ^ (hash >> 16)) % Partitions);
        }
    }
}
