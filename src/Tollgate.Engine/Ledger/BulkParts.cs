using Tollgate.Core.Ledger;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Cuts a request's operations for a lane into parts: <see cref="BulkBudget"/> limits the number of parts in one transaction.
/// </summary>
internal static class BulkParts
{
    /// <summary>
    /// The weight of a customer whose state must be read, and perhaps created with its account and balances: 0.3 to 0.6 ms where a small
    /// event takes 0.03, and 2 on a busy machine.
    /// </summary>
    private const int OfUnknownCustomer = 20;

    /// <summary>The characters of properties that count as one more event.</summary>
    private const int PropertiesOfOne = 512;

    /// <param name="items">
    /// Operations of one lane and one project, in their order: of one request, or those that return from a busy customer.
    /// </param>
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
