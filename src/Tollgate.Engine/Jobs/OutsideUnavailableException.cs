namespace Tollgate.Engine.Jobs;

/// <summary>
/// Something outside that many rows wait for does not answer. Each row is parked without a line in the log: the loop logs it once for all
/// of them.
/// </summary>
public abstract class OutsideUnavailableException : Exception
{
    protected OutsideUnavailableException()
    {
    }

    protected OutsideUnavailableException(string message)
        : base(message)
    {
    }

    protected OutsideUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
