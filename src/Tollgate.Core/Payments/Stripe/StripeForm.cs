using System.Globalization;
using System.Text;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>
/// Parameters in Stripe's format: <c>items[0][price]=price_1&amp;metadata[user]=42</c>. It omits null values; an empty text unsets.
/// </summary>
public sealed class StripeForm
{
    private readonly List<(string Name, string Value)> _fields = [];

    public bool IsEmpty => _fields.Count == 0;

    public StripeForm Set(string name, string? value)
    {
        if (value is not null)
        {
            _fields.Add((name, value));
        }

        return this;
    }

    public StripeForm Set(string name, long? value) => Set(name, value?.ToString(CultureInfo.InvariantCulture));

    public StripeForm Set(string name, bool? value) => Set(name, value is { } known ? known ? "true" : "false" : null);

    public StripeForm Set(string name, Instant? value) => Set(name, value?.UnixMicroseconds / 1_000_000);

    /// <summary>Adds <c>name[…]</c> for each field of the form.</summary>
    public StripeForm Set(string name, StripeForm? nested)
    {
        foreach (var (inner, value) in nested?._fields ?? [])
        {
            _fields.Add((Inside(name, inner), value));
        }

        return this;
    }

    /// <summary>
    /// Adds <c>name[0]</c>, <c>name[1]</c>. An empty list adds nothing; <see cref="Set(string, string)"/> with an empty text clears the
    /// list.
    /// </summary>
    public StripeForm Set(string name, IReadOnlyList<string> values)
    {
        for (var index = 0; index < values.Count; index++)
        {
            Set(At(name, index), values[index]);
        }

        return this;
    }

    /// <summary>Adds <c>name[0][…]</c>, <c>name[1][…]</c>.</summary>
    public StripeForm Set(string name, IReadOnlyList<StripeForm> values)
    {
        for (var index = 0; index < values.Count; index++)
        {
            Set(At(name, index), values[index]);
        }

        return this;
    }

    /// <summary>Encodes the parameters as UTF-8 and escapes everything except the brackets of names.</summary>
    public string Encode()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in _fields)
        {
            text.Append(text.Length == 0 ? "" : "&").Append(Escape(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return text.ToString();
    }

    /// <summary>Returns the names of the parameters without their values, for logs.</summary>
    public override string ToString() => string.Join(' ', _fields.Select(static field => field.Name));

    private static string At(string name, int index) => string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]");

    /// <summary>Returns <c>a[b][c]</c> for <c>a</c> and <c>b[c]</c>.</summary>
    private static string Inside(string name, string inner)
    {
        var bracket = inner.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0 ? $"{name}[{inner}]" : $"{name}[{inner[..bracket]}]{inner[bracket..]}";
    }

    private static string Escape(string name) =>
        Uri.EscapeDataString(name).Replace("%5B", "[", StringComparison.Ordinal).Replace("%5D", "]", StringComparison.Ordinal);
}
