namespace Tollgate.Core.Llm.Shapes;

/// <summary>Counts the characters of a text, and estimates tokens from its classes of characters.</summary>
internal static class TextTally
{
    /// <summary>
    /// Thousandths of a token for each class, in the order of <see cref="TextCount"/>: the least squares of the relative error over three
    /// quarters of the texts in tests/Tollgate.Core.Tests/Llm/token-counts.json, for the vocabulary o200k.
    /// </summary>
    private static readonly int[] Weights = WeightsOf(
        words: 680, letters: 79, longLetters: 252, capitals: 57, accents: 844, flips: 190, digitGroups: 1087, markRuns: 840, marks: 4,
        breaks: 877,
        wideWords: 1395, cyrillic: 60, semitic: 65, indic: 20, unspaced: 432, kana: 733, ideographs: 826, hangul: 726, symbols: 1777);

    /// <summary>The same for cl100k.</summary>
    private static readonly int[] OldWeights = WeightsOf(
        words: 679, letters: 88, longLetters: 457, capitals: 58, accents: 2143, flips: 123, digitGroups: 1178, markRuns: 674, marks: 51,
        breaks: 947,
        wideWords: 912, cyrillic: 385, semitic: 657, indic: 1033, unspaced: 1020, kana: 999, ideographs: 1251, hangul: 1301, symbols: 2253);

    public static DeliveredText Count(ReadOnlySpan<byte> text, bool isJson)
    {
        Span<int> counts = stackalloc int[TextClasses.Rows];
        counts.Clear();
        return new(Read(text, isJson, new TextClasses(counts)))
        {
            MilliTokens = Weigh(counts, Weights), OldMilliTokens = Weigh(counts, OldWeights),
        };
    }

    /// <returns>The number of characters.</returns>
    private static long Read(ReadOnlySpan<byte> text, bool isJson, TextClasses classes)
    {
        long all = 0;
        for (var at = 0; at < text.Length;)
        {
            var next = text[at];
            int code = next;
            if (isJson && next == (byte)'"')
            {
                break;
            }

            at += isJson && next == (byte)'\\' ? Escape(text[at..], out code) : next < 0x80 ? 1 : Wide(text[at..], out code);
            if (code < 0)
            {
                continue;
            }

            all++;
            if (code < 0x80)
            {
                classes.AddAscii((byte)code);
            }
            else
            {
                classes.AddWide(code);
            }
        }

        return all;
    }

    /// <summary>Returns the number of bytes of an escape, and its character; a negative character for the second half of a pair.</summary>
    private static int Escape(ReadOnlySpan<byte> text, out int code)
    {
        if (text.Length >= 6 && text[1] == (byte)'u')
        {
            code = (Hex(text[2]) << 12) | (Hex(text[3]) << 8) | (Hex(text[4]) << 4) | Hex(text[5]);
            code = code is >= 0xDC00 and < 0xE000 ? -1 : code;
            return 6;
        }

        code = text.Length < 2 ? ' ' : text[1] switch
        {
            (byte)'n' or (byte)'r' => '\n',
            (byte)'t' or (byte)'b' or (byte)'f' => ' ',
            < 0x80 => text[1],
            _ => ' ',
        };
        return 2;
    }

    private static int Hex(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        _ => ((digit | 0x20) - 'a' + 10) & 0xF,
    };

    // A continuation byte without the beginning of its character is no character.
    private static int Wide(ReadOnlySpan<byte> text, out int code)
    {
        var length = text[0] switch { < 0xC0 => 0, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        code = length switch { 0 => -1, 2 => text[0] & 0x1F, 3 => text[0] & 0xF, _ => text[0] & 0x7 };
        var taken = 1;
        while (taken < length && taken < text.Length && (text[taken] & 0xC0) == 0x80)
        {
            code = (code << 6) | (text[taken++] & 0x3F);
        }

        return taken;
    }

    private static long Weigh(ReadOnlySpan<int> counts, ReadOnlySpan<int> weights)
    {
        long sum = 0;
        for (var row = 0; row < counts.Length; row++)
        {
            sum += (long)counts[row] * weights[row];
        }

        return sum;
    }

    // The fit gives 0 to letters of India, since their words have all the weight. Keep a little for long words.
    private static int[] WeightsOf(
        int words, int letters, int longLetters, int capitals, int accents, int flips, int digitGroups, int markRuns, int marks, int breaks,
        int wideWords, int cyrillic, int semitic, int indic, int unspaced, int kana, int ideographs, int hangul, int symbols) =>
    [
        words, letters, longLetters, capitals, accents, flips, digitGroups, markRuns, marks, breaks,
        wideWords, cyrillic, semitic, indic, unspaced, kana, ideographs, hangul, symbols,
    ];
}
