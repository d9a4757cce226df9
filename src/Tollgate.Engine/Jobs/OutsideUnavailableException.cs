namespace Tollgate.Engine.Jobs;

/// <summary>
/// An external system that many rows wait for does not answer. Each row is parked without a log entry: the loop logs the failure once for
/// all.
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
