namespace Tollgate.Engine.Postgres;

/// <summary>
/// The server cannot start. The message is one or two sentences for the operator: what is wrong, and what to do about it.
/// It is printed without a stack trace and the process exits with 1.
/// </summary>
public sealed class StartRefusedException : Exception
{
    public StartRefusedException(string sentence)
        : base(sentence)
    {
    }

    public StartRefusedException(string sentence, Exception cause)
        : base(sentence, cause)
    {
    }
}
