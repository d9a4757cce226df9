namespace Tollgate.Core.Quotas;

/// <summary>The untyped side of a slot, for the undo log and the list of touched rows.</summary>
public abstract class Slot
{
    /// <summary>True if the account state lists it among the touched slots of the current batch.</summary>
    internal bool IsListed { get; set; }

    public abstract bool IsDirty { get; }

    internal abstract object Value { get; }

    internal abstract void Restore(object value);
}

/// <summary>
/// One row in memory: the row in the database (<see cref="Stored"/>) and the row as the current batch has changed it
/// (<see cref="Current"/>). Readers on other threads use only <see cref="Stored"/>.
/// </summary>
public sealed class Slot<T> : Slot where T : class
{
    private T? _stored;

    public Slot(T? stored, T current)
    {
        _stored = stored;
        Current = current;
    }

    /// <summary>Null: no row exists yet.</summary>
    public T? Stored => Volatile.Read(ref _stored);

    public T Current { get; internal set; }

    public override bool IsDirty => !ReferenceEquals(_stored, Current);

    internal override object Value => Current;

    internal override void Restore(object value) => Current = (T)value;

    /// <summary>Makes a row that the batch has committed the stored one.</summary>
    public void Accept(T stored)
    {
        Current = stored;
        Volatile.Write(ref _stored, stored);
    }
}
