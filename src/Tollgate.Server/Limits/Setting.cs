using System.Globalization;

namespace Tollgate.Server.Limits;

/// <summary>A limit of the server that an operator may set by an environment variable.</summary>
/// <param name="Variable">Its environment variable.</param>
/// <param name="Unit">The unit of the number.</param>
/// <param name="Reason">The reason for the default.</param>
public sealed record Setting(string Variable, string Unit, long Default, long Smallest, long Largest, string Reason)
{
    internal bool IsSet(Func<string, string?> environment) => !string.IsNullOrWhiteSpace(environment(Variable));

    /// <summary>Reads the variable; a fault has the value seen and the range.</summary>
    internal long Read(Func<string, string?> environment, List<string> faults)
    {
        var text = environment(Variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return Default;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= Smallest
            && value <= Largest)
        {
            return value;
        }

        faults.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{Variable} is \"{text}\": it must be a whole number of {Unit} from {Smallest} to {Largest} (default {Default})."));
        return Default;
    }
}
