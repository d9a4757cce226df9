using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Tollgate.Core.Customers;

/// <summary>A VAT id in the form that VIES uses.</summary>
/// <param name="Country">Two letters: EL for Greece, XI for Northern Ireland.</param>
public sealed record ViesId(string Country, string Number)
{
    public override string ToString() => Country + Number;
}

/// <summary>
/// VAT identification numbers of the European Union, Northern Ireland, the United Kingdom, Switzerland and Norway: their forms and check
/// digits. An id that passes may still belong to nobody; only a look-up at the tax office can tell. Sources: the European Commission's VIES
/// form list, and the check digits that the national tax offices publish.
/// </summary>
public static class VatIds
{
    private const string SpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE", SpanishControls = "JABCDEFGHI",
        IrishLetters = "WABCDEFGHIJKLMNOPQRSTUV", FrenchKeys = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /// <summary>The form of the ids of a country.</summary>
    /// <param name="Prefixes">The possible prefixes; with <paramref name="MayLackPrefix"/>, an id may omit them.</param>
    /// <param name="Pattern">The pattern of the text after the prefix.</param>
    /// <param name="Form">The form in words.</param>
    private sealed record Rule(
        string[] Prefixes, bool MayLackPrefix, Regex Pattern, string Form, string Example, Func<string, bool> HasCheckDigits);

    private static readonly FrozenDictionary<string, Rule> Rules = new Dictionary<string, Rule>(StringComparer.Ordinal)
    {
        ["AT"] = Of("AT", "U[0-9]{8}", "ATU and 8 digits", "ATU13585627", static id => Luhn(id[1..8] + "0", 4) == Digit(id[8])),
        ["BE"] = Of(
            "BE", "[01]?[0-9]{9}", "BE and 10 digits, of which the first is 0 or 1", "BE0428759497",
            static id => 97 - (Number(id[..^2]) % 97) == Number(id[^2..])),
        ["BG"] = Of(
            "BG", "[0-9]{9,10}", "BG and 9 or 10 digits", "BG175074752", static id => id.Length == 9 ? Bulgarian(id) : BulgarianPerson(id)),
        ["CH"] = Of(
            "CHE", "[0-9]{9}(MWST|TVA|IVA)?", "CHE and 9 digits, then perhaps MWST, TVA or IVA", "CHE-107.787.577 MWST",
            static id => Eleven(id[..9], 5, 4, 3, 2, 7, 6, 5, 4), mayLackPrefix: false),
        ["CY"] = Of("CY", "(?!12)[0-9]{8}[A-Z]", "CY, 8 digits and a letter", "CY10259033P", Cypriot),
        ["CZ"] = Of("CZ", "[0-9]{8,10}", "CZ and 8, 9 or 10 digits", "CZ25123891", Czech),
        ["DE"] = Of("DE", "[1-9][0-9]{8}", "DE and 9 digits", "DE136695976", Mod11And10),
        ["DK"] = Of("DK", "[1-9][0-9]{7}", "DK and 8 digits", "DK13585628", static id => Weighted(id, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0),
        ["EE"] = Of("EE", "[0-9]{9}", "EE and 9 digits", "EE100594102", static id => Weighted(id, 3, 7, 1, 3, 7, 1, 3, 7, 1) % 10 == 0),
        ["EL"] = Of(
            "EL", "[0-9]{9}", "EL and 9 digits", "EL094259216",
            static id => Weighted(id, 256, 128, 64, 32, 16, 8, 4, 2) % 11 % 10 == Digit(id[8])),
        ["ES"] = Of(
            "ES", "[A-Z][0-9]{7}[0-9A-Z]|[0-9]{8}[A-Z]", "ES, a letter and 8 digits, or a letter at the end as well or instead",
            "ESB64717838", Spanish),
        ["FI"] = Of("FI", "[0-9]{8}", "FI and 8 digits", "FI20774740", static id => Weighted(id, 7, 9, 10, 5, 8, 4, 2, 1) % 11 == 0),
        ["FR"] = Of("FR", "[0-9A-HJ-NP-Z]{2}[0-9]{9}", "FR, 2 digits or letters and 9 digits", "FR40303265045", French),
        ["GB"] = Of(
            "GB", "[0-9]{9}([0-9]{3})?|GD[0-4][0-9]{2}|HA[5-9][0-9]{2}", "GB and 9 or 12 digits; of Northern Ireland XI", "GB980780684",
            British, "XI"),
        ["HR"] = Of("HR", "[0-9]{11}", "HR and 11 digits", "HR33392005961", Mod11And10),
        ["HU"] = Of("HU", "[0-9]{8}", "HU and 8 digits", "HU12892312", static id => Weighted(id, 9, 7, 3, 1, 9, 7, 3, 1) % 10 == 0),
        ["IE"] = Of("IE", "[0-9]{7}[A-W][A-IW]?|[0-9][A-Z+*][0-9]{5}[A-W]", "IE, 7 digits and 1 or 2 letters", "IE6433435F", Irish),
        ["IT"] = Of("IT", "(?!0{7})[0-9]{11}", "IT and 11 digits", "IT00743110157", static id => Luhn(id[..10]) == Digit(id[10])),
        ["LT"] = Of("LT", "[0-9]{7}1[0-9]|[0-9]{10}1[0-9]", "LT and 9 or 12 digits", "LT119511515", Lithuanian),
        ["LU"] = Of("LU", "[0-9]{8}", "LU and 8 digits", "LU15027442", static id => Number(id[..6]) % 89 == Number(id[6..])),
        ["LV"] = Of("LV", "[0-9]{11}", "LV and 11 digits", "LV40003521600", Latvian),
        ["MT"] = Of("MT", "[1-9][0-9]{7}", "MT and 8 digits", "MT11679112", static id => Weighted(id, 3, 4, 6, 7, 8, 9, 10, 1) % 37 == 0),
        ["NL"] = Of("NL", "[0-9]{9}B[0-9]{2}", "NL, 9 digits, B and 2 digits", "NL004495445B01", Dutch),
        ["NO"] = Of(
            "NO", "[0-9]{9}(MVA)?", "NO and 9 digits, then perhaps MVA", "NO995525828MVA",
            static id => Eleven(id[..9], 3, 2, 7, 6, 5, 4, 3, 2)),
        ["PL"] = Of(
            "PL", "[0-9]{10}", "PL and 10 digits", "PL8567346215",
            static id => Weighted(id, 6, 5, 7, 2, 3, 4, 5, 6, 7) % 11 == Digit(id[9])),
        ["PT"] = Of(
            "PT", "[1-9][0-9]{8}", "PT and 9 digits", "PT501964843",
            static id => Math.Max(0, 11 - (Weighted(id, 9, 8, 7, 6, 5, 4, 3, 2) % 11)) % 11 % 10 == Digit(id[8])),
        ["RO"] = Of(
            "RO", "[1-9][0-9]{1,9}", "RO and 2 to 10 digits", "RO18547290",
            static id => Weighted(id[..^1].PadLeft(9, '0'), 7, 5, 3, 2, 1, 7, 5, 3, 2) * 10 % 11 % 10 == Digit(id[^1])),
        ["SE"] = Of(
            "SE", "[0-9]{10}01", "SE and 12 digits, of which the last are 01", "SE123456789701",
            static id => Luhn(id[..9]) == Digit(id[9])),
        ["SI"] = Of(
            "SI", "[1-9][0-9]{7}", "SI and 8 digits", "SI50223054",
            static id => (11 - (Weighted(id, 8, 7, 6, 5, 4, 3, 2) % 11)) is var check and < 11 && check % 10 == Digit(id[7])),
        ["SK"] = Of("SK", "[1-9][0-9][2-47-9][0-9]{7}", "SK and 10 digits", "SK2022749619", static id => Number(id) % 11 == 0),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Countries of ISO 3166 whose ids have another country's form or another prefix.</summary>
    private static readonly FrozenDictionary<string, string> Aliases =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GR"] = "EL", ["MC"] = "FR", ["IM"] = "GB", ["XI"] = "GB",
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The countries with a known form, two letters each.</summary>
    public static IEnumerable<string> Countries => Rules.Keys.Concat(Aliases.Keys);

    /// <summary>True if the id has the form and the check digits of its country. False for a country whose form is unknown.</summary>
    /// <param name="country">ISO 3166-1, two letters.</param>
    /// <param name="id">The id as its owner writes it: blanks, points and hyphens do not matter, and it may omit the country.</param>
    public static bool IsValid(string? country, string? id)
    {
        if (id is null || RuleOf(country) is not { } rule)
        {
            return false;
        }

        return NumberOf(rule, Plain(id)) is not null;
    }

    /// <summary>
    /// Returns a valid id as Tollgate sends it to VIES. Null: it is not valid, or its country is not in VIES: the United Kingdom without
    /// Northern Ireland, Switzerland, Norway.
    /// </summary>
    /// <inheritdoc cref="IsValid"/>
    public static ViesId? InVies(string? country, string? id)
    {
        if (id is null || RuleOf(country) is not { } rule || NumberOf(rule, Plain(id)) is not { } number)
        {
            return null;
        }

        return rule.Prefixes[0] switch
        {
            "GB" => country == "XI" || Plain(id).StartsWith("XI", StringComparison.Ordinal) ? new("XI", number) : null,
            "CHE" or "NO" => null,
            "BE" => new("BE", number.PadLeft(10, '0')),
            var prefix => new(prefix, number),
        };
    }

    /// <summary>Returns the text after the country of a valid id; null: it is not valid.</summary>
    private static string? NumberOf(Rule rule, string plain)
    {
        var prefix = rule.Prefixes.FirstOrDefault(one => plain.StartsWith(one, StringComparison.Ordinal));
        return prefix is not null && Fits(plain[prefix.Length..]) ? plain[prefix.Length..]
            : rule.MayLackPrefix && Fits(plain) ? plain
            : null;

        bool Fits(string body) => rule.Pattern.IsMatch(body) && rule.HasCheckDigits(body);
    }

    /// <summary>Returns the form of valid ids of a country in words; null: its form is unknown.</summary>
    public static string? FormOf(string? country) => RuleOf(country) is { } rule ? $"{rule.Form}, for instance {rule.Example}" : null;

    /// <summary>Returns the id in capitals without separators.</summary>
    public static string Plain(string id) =>
        string.Concat(id.Where(static c => c is not (' ' or '.' or '-' or '/' or '\u00A0'))).ToUpperInvariant();

    private static Rule? RuleOf(string? country) =>
        country is null ? null : Rules.GetValueOrDefault(Aliases.GetValueOrDefault(country, country));

    private static Rule Of(
        string prefix, string pattern, string form, string example, Func<string, bool> hasCheckDigits, string? other = null,
        bool mayLackPrefix = true) =>
        new(other is null ? [prefix] : [prefix, other], mayLackPrefix, new($"^(?:{pattern})$", RegexOptions.CultureInvariant), form,
            example, hasCheckDigits);

    private static int Digit(char c) => c - '0';

    private static long Number(string digits) => digits.Aggregate(0L, static (sum, c) => (sum * 10) + Digit(c));

    /// <summary>Returns the sum of digits times weights, for as many digits as there are weights.</summary>
    private static int Weighted(string digits, params ReadOnlySpan<int> weights)
    {
        var sum = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += Digit(digits[i]) * weights[i];
        }

        return sum;
    }

    /// <summary>True if the last digit completes the sum to a multiple of 11; an id that would need a 10 does not exist.</summary>
    private static bool Eleven(string digits, params ReadOnlySpan<int> weights) =>
        (11 - (Weighted(digits, weights) % 11)) % 11 == Digit(digits[^1]);

    /// <summary>Returns the next check digit: every other digit is doubled, from the last one on.</summary>
    private static int Luhn(string digits, int more = 0)
    {
        var sum = more;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = Digit(digits[^(i + 1)]) * (i % 2 == 0 ? 2 : 1);
            sum += digit > 9 ? digit - 9 : digit;
        }

        return (10 - (sum % 10)) % 10;
    }

    /// <summary>Checks the last digit by ISO 7064, modulo 11 and 10.</summary>
    private static bool Mod11And10(string digits)
    {
        var check = digits[..^1].Aggregate(10, static (left, c) => ((left + Digit(c)) % 10 is var sum && sum == 0 ? 10 : sum) * 2 % 11);
        return (11 - check) % 10 == Digit(digits[^1]);
    }

    private static bool Bulgarian(string id)
    {
        var check = Weighted(id, 1, 2, 3, 4, 5, 6, 7, 8) % 11;
        return (check < 10 ? check : Weighted(id, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10) == Digit(id[8]);
    }

    private static bool BulgarianPerson(string id) => Digit(id[9]) is var last
        && (Weighted(id, 2, 4, 8, 5, 10, 9, 7, 3, 6) % 11 % 10 == last || Weighted(id, 21, 19, 17, 13, 11, 9, 7, 3, 1) % 10 == last
            || (11 - (Weighted(id, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11)) % 11 == last);

    private static bool Cypriot(string id)
    {
        int[] odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
        var sum = Enumerable.Range(0, 8).Sum(i => i % 2 == 0 ? odd[Digit(id[i])] : Digit(id[i]));
        return 'A' + (sum % 26) == id[8];
    }

    private static bool Czech(string id) => id.Length switch
    {
        8 => id[0] != '9'
            && ((11 - (Weighted(id, 8, 7, 6, 5, 4, 3, 2) % 11)) % 11 is var check && (check == 0 ? 1 : check % 10) == Digit(id[7])),
        9 when id[0] == '6' => 8 - ((10 - (Weighted(id[1..], 8, 7, 6, 5, 4, 3, 2) % 11)) % 11) == Digit(id[8]),
        9 => Number(id[..2]) < 54 && IsMonth(id),
        _ => IsMonth(id) && Number(id[..9]) % 11 % 10 == Digit(id[9]),
    };

    /// <summary>True for a plausible birth number: the months of women have 50 added, and 20 if a day's numbers were used up.</summary>
    private static bool IsMonth(string id) => Number(id[2..4]) % 50 % 20 is >= 1 and <= 12 && Number(id[4..6]) is >= 1 and <= 31;

    private static bool Spanish(string id)
    {
        var last = id[^1];
        if (char.IsAsciiDigit(id[0]))
        {
            return SpanishLetters[(int)(Number(id[..8]) % 23)] == last;
        }

        if (id[0] is 'X' or 'Y' or 'Z' or 'K' or 'L' or 'M')
        {
            var digits = id[0] is 'X' or 'Y' or 'Z' ? $"{id[0] - 'X'}{id[1..8]}" : id[1..8];
            return SpanishLetters[(int)(Number(digits) % 23)] == last;
        }

        var check = Luhn(id[1..8]);
        return "ABCDEFGHJNPQRSUVW".Contains(id[0], StringComparison.Ordinal) && (last == '0' + check || last == SpanishControls[check]);
    }

    private static bool French(string id)
    {
        var (key, siren) = (id[..2], id[2..]);
        if (!siren.StartsWith("000", StringComparison.Ordinal) && Luhn(siren[..8]) != Digit(siren[8]))
        {
            return false;
        }

        if (key.All(char.IsAsciiDigit))
        {
            return Number(siren + "12") % 97 == Number(key);
        }

        var (first, second) = (FrenchKeys.IndexOf(key[0], StringComparison.Ordinal), FrenchKeys.IndexOf(key[1], StringComparison.Ordinal));
        var check = char.IsAsciiDigit(key[0]) ? (first * 24) + second - 10 : (first * 34) + second - 100;
        return (Number(siren) + 1 + (check / 11)) % 11 == check % 11;
    }

    /// <summary>Checks the digits. Departments (GD) and health authorities (HA) have no check digits.</summary>
    private static bool British(string id)
    {
        if (!char.IsAsciiDigit(id[0]))
        {
            return true;
        }

        var rest = Weighted(id, 8, 7, 6, 5, 4, 3, 2, 10, 1) % 97;
        return rest == 0 || (Number(id[..3]) >= 100 && rest is 42 or 55);
    }

    private static bool Irish(string id)
    {
        var isOld = !char.IsAsciiDigit(id[1]);
        var digits = isOld ? $"0{id[2..7]}{id[0]}" : id[..7];
        var more = id.Length == 9 ? 9 * IrishLetters.IndexOf(id[8], StringComparison.Ordinal) : 0;
        return IrishLetters[(Weighted(digits, 8, 7, 6, 5, 4, 3, 2) + more) % 23] == id[7];
    }

    private static bool Lithuanian(string id)
    {
        var check = Sum(0) % 11;
        return (check < 10 ? check : Sum(2) % 11 % 10) == Digit(id[^1]);

        int Sum(int from) => id[..^1].Select((c, i) => Digit(c) * (1 + ((i + from) % 9))).Sum();
    }

    /// <summary>Checks companies, which begin above 3, and persons, by birth or by number.</summary>
    private static bool Latvian(string id) => id[0] > '3'
        ? Weighted(id, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1) % 11 == 3
        : (1 + Weighted(id, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9)) % 11 % 10 == Digit(id[10]);

    /// <summary>Checks companies by the sum of digits, sole traders (since 2020) modulo 97 with letters as numbers.</summary>
    private static bool Dutch(string id)
    {
        if ((Weighted(id, 9, 8, 7, 6, 5, 4, 3, 2) - Digit(id[8])) % 11 == 0)
        {
            return true;
        }

        var rest = 0;
        foreach (var c in "NL" + id)
        {
            var value = char.IsAsciiDigit(c) ? Digit(c) : c - 'A' + 10;
            rest = ((rest * (value > 9 ? 100 : 10)) + value) % 97;
        }

        return rest == 1;
    }
}
