using Tollgate.Core.Ledger;
using Tollgate.Core.Quotas;

namespace Tollgate.Engine.Ledger;

/// <summary>A row that a batch changes. <c>Before</c> is null if the batch creates it.</summary>
internal readonly record struct DirtyRow<T>(AccountState Account, T? Before, T After) where T : class;

/// <summary>The rows that a batch changes, by table and by new or not. The lists are reused for the next batch.</summary>
internal sealed class DirtyRows
{
    public List<DirtyRow<Balance>> Updated { get; } = [];

    public List<DirtyRow<Balance>> Opened { get; } = [];

    public List<DirtyRow<Grant>> Burned { get; } = [];

    public List<DirtyRow<Grant>> Rolled { get; } = [];

    public List<DirtyRow<Hold>> Holds { get; } = [];

    public List<DirtyRow<Hold>> Taken { get; } = [];

    public List<DirtyRow<RateState>> Rates { get; } = [];

    public int Count => Updated.Count + Opened.Count + Burned.Count + Rolled.Count + Holds.Count + Taken.Count + Rates.Count;

    public void Collect(IEnumerable<AccountState> accounts)
    {
        Updated.Clear();
        Opened.Clear();
        Burned.Clear();
        Rolled.Clear();
        Holds.Clear();
        Taken.Clear();
        Rates.Clear();
        foreach (var account in accounts)
        {
            foreach (var slot in account.Touched)
            {
                if (slot.IsDirty)
                {
                    Add(account, slot);
                }
            }
        }
    }

    private void Add(AccountState account, Slot dirty)
    {
        switch (dirty)
        {
            case Slot<Balance> slot:
                (slot.Stored is null ? Opened : Updated).Add(new(account, slot.Stored, slot.Current));
                break;
            case Slot<Grant> slot:
                (slot.Stored is null ? Rolled : Burned).Add(new(account, slot.Stored, slot.Current));
                break;
            case Slot<Hold> slot:
                (slot.Stored is null ? Taken : Holds).Add(new(account, slot.Stored, slot.Current));
                break;
            case Slot<RateState> slot:
                Rates.Add(new(account, slot.Stored, slot.Current));
                break;
        }
    }
}
