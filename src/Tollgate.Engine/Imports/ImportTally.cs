using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Imports;

/// <summary>Counts the results of a chunk. Every record is booked, replayed or rejected.</summary>
internal sealed class ImportTally
{
    private readonly Dictionary<(ImportKind Kind, DateOnly Month, string Name), (long Records, decimal Amount)> _sums = [];

    public long Booked { get; private set; }

    public long Replayed { get; private set; }

    public List<ImportRejection> Rejected { get; } = [];

    public IEnumerable<ImportSum> Sums => _sums.Select(
        static sum => new ImportSum(CatalogWords.Of(sum.Key.Kind), sum.Key.Month, sum.Key.Name, sum.Value.Records, sum.Value.Amount));

    public void Book(long count) => Booked += count;

    public void Replay(long count) => Replayed += count;

    public void Reject<TRecord>(Numbered<TRecord> one, ImportFault fault)
        where TRecord : ImportRecord => Rejected.Add(
            new(one.Line, one.Record.Id, fault) { Customer = one.Record.Customer });

    public void RejectReused<TRecord>(Numbered<TRecord> one)
        where TRecord : ImportRecord => Reject(
        one, new(
            ImportCodes.Reused,
            $"The customer has a record of the kind '{CatalogWords.Of(one.Record.Kind)}' with this id and other content."));

    /// <summary>Adds an accepted record to the sums of its month.</summary>
    public void Sum(ImportKind kind, Instant at, string name, Quantity amount)
    {
        var utc = at.ToUtc();
        var key = (kind, new DateOnly(utc.Year, utc.Month, 1), name);
        var sum = _sums.GetValueOrDefault(key);
        _sums[key] = (sum.Records + 1, sum.Amount + amount.Value);
    }
}
