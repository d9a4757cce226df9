namespace Tollgate.Core;

/// <summary>Assertions that stay on in Release: a wrong answer about money is worse than no answer.</summary>
public static class Invariant
{
    /// <summary>Halts the current operation when <paramref name="holds"/> is false. The message names the values seen.</summary>
    /// <exception cref="InvariantBrokenException">Always a bug in Tollgate, never bad input.</exception>
    public static void That(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvariantBrokenException(message);
        }
    }
}

/// <summary>A rule of the product that must hold did not. The operation is abandoned before anything is written.</summary>
public sealed class InvariantBrokenException(string message) : Exception(message);
