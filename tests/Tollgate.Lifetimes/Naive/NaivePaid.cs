using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>
/// The amounts that bills charged for usage and minimums, and the paid part. A later correction returns the paid part: less the percentages
/// that coupons took off that bill, and never more than the bill's total.
/// </summary>
internal sealed class NaivePaid
{
    private readonly Dictionary<(string Kind, string? Feature, DateTime At), Stack<Piece>> _pieces = [];

    /// <summary>Notes a bill's charges for usage and minimums.</summary>
    /// <param name="kept">The part of 1 that percentages left.</param>
    public void Note(IReadOnlyList<BillLine> lines, decimal kept, long discount)
    {
        // Without a discount every charge was paid in full.
        var bill =
            new Room { Left = discount == 0 ? long.MaxValue : lines.Where(line => line.Amount > 0).Sum(line => line.Amount) - discount };
        foreach (var line in lines.Where(line => line.Amount > 0 && line.Kind is "usage" or "minimum"))
        {
            Of(line).Push(new Piece(line.Amount, (1 - kept) * 100, bill));
        }
    }

    /// <summary>Returns the credit for a line, from the newest charge backwards.</summary>
    public BillLine GoesBack(BillLine line)
    {
        var (left, back, pieces) = (-line.Amount, 0L, Of(line));
        while (left > 0 && pieces.TryPop(out var piece))
        {
            var part = Math.Min(left, piece.Asked);
            var paid = Math.Min(part - NaiveRating.Percent(part, piece.PercentOff), piece.Bill.Left);
            (left, back, piece.Bill.Left) = (left - part, back + paid, piece.Bill.Left - paid);
            if (part < piece.Asked)
            {
                pieces.Push(piece with { Asked = piece.Asked - part });
            }
        }

        return line with { Amount = -back - left };
    }

    /// <summary>
    /// The start identifies a quota period, the end a period with a minimum, because the minimum may have been agreed in the middle of it.
    /// </summary>
    private Stack<Piece> Of(BillLine line)
    {
        var key = (line.Kind, line.Feature, (line.Kind == "minimum" ? line.End : line.Start)!.Value);
        return _pieces.TryGetValue(key, out var pieces) ? pieces : _pieces[key] = [];
    }

    private sealed record Piece(long Asked, decimal PercentOff, Room Bill);

    /// <summary>The part of a bill that can still be returned.</summary>
    private sealed class Room
    {
        public long Left { get; set; }
    }
}
