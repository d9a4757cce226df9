using Tollgate.Core.Ledger;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Cuts what one request brings to a lane into parts: <see cref="BulkBudget"/> says how many of them one transaction takes.
/// </summary>
internal static class BulkParts
{
    /// <summary>
    /// A customer whose book must be read, and perhaps made with its account and balances: 0.3 to 0.6 ms where a small event takes 0.03,
    /// and 2 on a busy machine.
    /// </summary>
    private const int OfUnknownCustomer = 20;

    /// <summary>So many characters of properties count as one more event.</summary>
    private const int PropertiesOfOne = 512;

    /// <param name="items">Of one lane and one project, in their order: of one request, or those that come back from a customer who was
    /// busy.</param>
    public static IEnumerable<BulkOp> Of(Lane lane, IReadOnlyList<UseOp> items)
    {
        var (part, weight, unknown) = (new List<LaneOp>(), 0, new HashSet<string>());
        foreach (var item in items)
        {
            item.InBulk = true;
            part.Add(item);
            weight += Math.Max(1, item.Effects.Count) + ((item.PropertiesJson?.Length ?? 0) / PropertiesOfOne);
            if (lane.Peek(item.Project.Id, item.Customer, item.Project.Catalog.Revision) is null && unknown.Add(item.Customer))
            {
                weight += OfUnknownCustomer;
            }

            if (weight >= BulkBudget.Part)
            {
                yield return PartOf(part, weight);
                part = [];
                weight = 0;
                unknown.Clear();
            }
        }

        if (part.Count > 0)
        {
            yield return PartOf(part, weight);
        }
    }

    private static BulkOp PartOf(List<LaneOp> items, int weight)
    {
        var head = items[0];
        return new()
        {
            Project = head.Project, Customer = head.Customer, Partition = head.Partition, Ticket = head.Ticket, Now = head.Now,
            Items = items, Weight = weight,
        };
    }
}
