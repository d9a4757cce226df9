namespace Tollgate.Core.Quotas;

/// <summary>The untyped side of a slot: what the undo log and the list of touched rows need.</summary>
public abstract class Slot
{
    /// <summary>Listed among its book's touched slots for the batch in progress.</summary>
    internal bool IsListed { get; set; }

    public abstract bool IsDirty { get; }

    internal abstract object Value { get; }

    internal abstract void Restore(object value);
}

/// <summary>
/// One row in memory: what the database has (<see cref="Stored"/>) and what the batch in progress made of it
/// (<see cref="Current"/>). Readers on other threads look at <see cref="Stored"/> only.
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

    /// <summary>The batch was committed: what it made is now stored.</summary>
    public void Accept(T stored)
    {
        Current = stored;
        Volatile.Write(ref _stored, stored);
    }
}
