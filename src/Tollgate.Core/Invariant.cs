using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tollgate.Core;

/// <summary>Assertions that stay on in Release: a wrong answer about money is worse than no answer.</summary>
public static class Invariant
{
    /// <summary>
    /// Aborts the current operation if <paramref name="holds"/> is false. The message names the values seen; it is formatted only then
    /// (formatting it each time cost more than the decision that it guards).
    /// </summary>
    /// <exception cref="InvariantBrokenException">Always a bug in Tollgate, never bad input.</exception>
    public static void That(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] InvariantMessage message)
    {
        if (!holds)
        {
            throw new InvariantBrokenException(message.ToString());
        }
    }

    /// <inheritdoc cref="That(bool, InvariantMessage)"/>
    public static void That(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvariantBrokenException(message);
        }
    }
}

/// <summary>The message of an invariant: nothing is formatted while the invariant holds.</summary>
[InterpolatedStringHandler]
public readonly ref struct InvariantMessage
{
    private readonly StringBuilder? _text;

    public InvariantMessage(int literalLength, int formattedCount, bool holds, out bool isWanted)
    {
        isWanted = !holds;
        _text = holds ? null : new(literalLength + (formattedCount * 16));
    }

    public void AppendLiteral(string text) => _text!.Append(text);

    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

    public void AppendFormatted<T>(T value, string format) where T : IFormattable =>
        _text!.Append(value.ToString(format, CultureInfo.InvariantCulture));

    public override string ToString() => _text?.ToString() ?? "";
}

/// <summary>An invariant of the product was violated. The operation is aborted before it writes anything.</summary>
public sealed class InvariantBrokenException(string message) : Exception(message);
