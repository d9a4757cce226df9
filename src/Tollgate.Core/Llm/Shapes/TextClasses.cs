namespace Tollgate.Core.Llm.Shapes;

/// <summary>The features of a text from which tokens are estimated, because they are cheap to count.</summary>
internal enum TextCount
{
    /// <summary>Runs of Latin letters. A capital after a lower-case letter begins a new one: two in <c>camelCase</c>.</summary>
    Words,
    Letters,

    /// <summary>Letters of a run after its eighth: long words are rare and split into several tokens.</summary>
    LongLetters,

    /// <summary>Capitals that follow a capital.</summary>
    Capitals,

    /// <summary>Latin letters beyond ASCII.</summary>
    Accents,

    /// <summary>Digits next to a letter, as in codes and base64, whose pieces are in no vocabulary.</summary>
    Flips,

    /// <summary>Groups of up to three digits of a run.</summary>
    DigitGroups,
    MarkRuns,
    Marks,

    /// <summary>Runs of white space other than a single space before a word. A number does not include the space before it.</summary>
    Breaks,

    /// <summary>Runs of letters of the next three classes.</summary>
    WideWords,

    /// <summary>Cyrillic, Greek, Armenian.</summary>
    Cyrillic,

    /// <summary>Arabic, Hebrew.</summary>
    Semitic,

    /// <summary>The scripts of India, and those that no other class names.</summary>
    Indic,

    /// <summary>Thai, Lao, Khmer and Burmese, which have no spaces between words.</summary>
    Unspaced,
    Kana,
    Ideographs,
    Hangul,

    /// <summary>Emoji, arrows, mathematics.</summary>
    Symbols,
}

/// <summary>One pass over the bytes of a text that counts its characters by class.</summary>
internal ref struct TextClasses(Span<int> counts)
{
    public const int Rows = (int)TextCount.Symbols + 1;

    private const int LongWord = 8;

    private readonly Span<int> _counts = counts;
    private Kind _last = Kind.None;
    private int _run;

    private enum Kind : byte
    {
        None,
        Space,
        Newline,

        /// <summary>White space that counted as a token.</summary>
        Gap,
        Small,
        Capital,
        Digit,
        Mark,
        Wide,
        Single,
    }

    /// <summary>The kinds of the characters below 128.</summary>
    private static readonly Kind[] Ascii = [.. Enumerable.Range(0, 128).Select(static code => (char)code switch
    {
        '\n' or '\r' => Kind.Newline,
        <= ' ' => Kind.Space,
        >= 'a' and <= 'z' => Kind.Small,
        >= 'A' and <= 'Z' => Kind.Capital,
        >= '0' and <= '9' => Kind.Digit,
        _ => Kind.Mark,
    })];

    public void AddAscii(byte code)
    {
        var kind = Ascii[code];
        switch (kind)
        {
            case Kind.Small:
                Letter(_last is not (Kind.Small or Kind.Capital));
                break;
            case Kind.Capital:
                _counts[(int)TextCount.Capitals] += _last == Kind.Capital ? 1 : 0;
                Letter(_last != Kind.Capital);
                break;
            case Kind.Digit:
                _counts[(int)TextCount.Flips] += _last is Kind.Small or Kind.Capital ? 1 : 0;
                _counts[(int)TextCount.Breaks] += _last == Kind.Space ? 1 : 0;
                _run = _last == Kind.Digit ? _run + 1 : 0;
                _counts[(int)TextCount.DigitGroups] += _run % 3 == 0 ? 1 : 0;
                break;
            case Kind.Mark:
                Mark();
                break;
            default:
                kind = Space(kind);
                break;
        }

        _last = kind;
    }

    /// <summary>Adds a character beyond ASCII.</summary>
    public void AddWide(int code)
    {
        switch (code)
        {
            case < 0xC0 or >= 0x2000 and < 0x2070:
                Mark();
                _last = Kind.Mark;
                break;
            case < 0x370 or >= 0x1E00 and < 0x1F00:
                _counts[(int)TextCount.Accents]++;
                Letter(_last is not (Kind.Small or Kind.Capital));
                _last = Kind.Small;
                break;
            case < 0x590 or >= 0x1F00 and < 0x2000:
                Script(TextCount.Cyrillic);
                break;
            case < 0x800:
                Script(TextCount.Semitic);
                break;
            case >= 0xE00 and < 0xF00 or >= 0x1000 and < 0x10A0 or >= 0x1780 and < 0x1800:
                Single(TextCount.Unspaced);
                break;
            case < 0x2000:
                Script(TextCount.Indic);
                break;
            case < 0x2E80:
                Single(TextCount.Symbols);
                break;
            case < 0x3200 or >= 0xFF00 and < 0xFFF0:
                Single(TextCount.Kana);
                break;
            case < 0xA000:
                Single(TextCount.Ideographs);
                break;
            case >= 0xAC00 and < 0xD7B0:
                Single(TextCount.Hangul);
                break;
            default:
                Single(TextCount.Symbols);
                break;
        }
    }

    private void Letter(bool begins)
    {
        _counts[(int)TextCount.Flips] += _last == Kind.Digit ? 1 : 0;
        _run = begins ? 1 : _run + 1;
        _counts[(int)TextCount.Letters]++;
        _counts[(int)TextCount.Words] += begins ? 1 : 0;
        _counts[(int)TextCount.LongLetters] += _run > LongWord ? 1 : 0;
    }

    private void Mark()
    {
        _counts[(int)TextCount.Marks]++;
        _counts[(int)TextCount.MarkRuns] += _last == Kind.Mark ? 0 : 1;
    }

    // A newline is a token, and so are two spaces or more; one space belongs to the word after it.
    private Kind Space(Kind kind)
    {
        if (_last == Kind.Gap || (kind == Kind.Space && _last != Kind.Space))
        {
            return _last == Kind.Gap ? Kind.Gap : Kind.Space;
        }

        _counts[(int)TextCount.Breaks]++;
        return Kind.Gap;
    }

    private void Script(TextCount script)
    {
        _counts[(int)script]++;
        _counts[(int)TextCount.WideWords] += _last == Kind.Wide ? 0 : 1;
        _last = Kind.Wide;
    }

    private void Single(TextCount row)
    {
        _counts[(int)row]++;
        _last = Kind.Single;
    }
}
