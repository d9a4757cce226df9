using System.Text;

namespace Tollgate.Core.Imports.Dumps;

/// <summary>Reads the words and values of one SQL statement, from left to right.</summary>
internal sealed class SqlWords(string text, long firstLine)
{
    private static readonly string[] NoColumns = ["PRIMARY", "CONSTRAINT", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "LIKE", "INDEX", "KEY"];

    private int _at;

    private long Line => firstLine + text.AsSpan(0, _at).Count('\n');

    /// <summary>The line of the next word.</summary>
    public long NextLine()
    {
        SkipSpace();
        return Line;
    }

    public DumpFaultException Fault(string message) => new(Line, message);

    /// <summary>True if a quoted text with escapes begins at the quote: <c>E'…'</c>.</summary>
    public static bool HasEscapes(string text, int quote) =>
        text[quote] == '\'' && quote > 0 && text[quote - 1] is 'E' or 'e' && (quote == 1 || !IsWord(text[quote - 2]));

    /// <summary>Passes a keyword, if it is the next word.</summary>
    public bool Skip(string word)
    {
        SkipSpace();
        var end = _at + word.Length;
        if (end > text.Length || !text.AsSpan(_at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase)
            || (end < text.Length && IsWord(text[end])))
        {
            return false;
        }

        _at = end;
        return true;
    }

    public bool SkipComma() => SkipOne(',');

    /// <summary>A name, without its schema.</summary>
    public string Name()
    {
        _ = Skip("ONLY");
        var name = Identifier();
        while (SkipOne('.'))
        {
            name = Identifier();
        }

        return name;
    }

    /// <summary>A list of names in parentheses; null: there is none.</summary>
    public IReadOnlyList<string>? Names()
    {
        if (!SkipOne('('))
        {
            return null;
        }

        var names = new List<string>();
        do
        {
            names.Add(Identifier());
        }
        while (SkipComma());
        return SkipOne(')') ? names : throw Fault("A list of columns does not end.");
    }

    /// <summary>The names of the columns of <c>CREATE TABLE … (…)</c>.</summary>
    public string[] Definitions()
    {
        if (!SkipOne('('))
        {
            return [];
        }

        var names = new List<string>();
        do
        {
            if (!NoColumns.Any(word => Skip(word)))
            {
                names.Add(Identifier());
            }
        }
        while (SkipDefinition());
        return [.. names];
    }

    /// <summary>A row of values in parentheses: texts, numbers, NULL, true and false, with or without a cast.</summary>
    public IReadOnlyList<string?> Values()
    {
        if (!SkipOne('('))
        {
            throw Fault("A row of values begins with a parenthesis.");
        }

        var values = new List<string?>();
        do
        {
            values.Add(Value());
        }
        while (SkipComma());
        return SkipOne(')') ? values : throw Fault("A row of values has an expression, or does not end.");
    }

    /// <summary>The number of rows after <c>VALUES</c>, of any values; 0: the statement has none.</summary>
    public long CountRows()
    {
        _ = Names();
        while (_at < text.Length && !Skip("VALUES"))
        {
            // OVERRIDING, or DEFAULT.
            _at++;
        }

        var rows = 0L;
        while (SkipOne('('))
        {
            rows++;
            while (SkipDefinition())
            {
                // The values of a row.
            }

            _ = SkipOne(')') && SkipComma();
        }

        return rows;
    }

    private string? Value()
    {
        SkipSpace();
        var escapes = _at + 1 < text.Length && text[_at] is 'E' or 'e' && text[_at + 1] == '\'';
        _at += escapes ? 1 : 0;
        var value = _at < text.Length && text[_at] == '\'' ? Quoted('\'', escapes) : Bare();
        SkipSpace();
        while (string.CompareOrdinal(text, _at, "::", 0, 2) == 0)
        {
            for (_at += 2; _at < text.Length && text[_at] is not (',' or ')'); _at++)
            {
                if (text[_at] == '(')
                {
                    _at = text.IndexOf(')', _at);
                }
            }
        }

        return value;
    }

    private string? Bare()
    {
        var start = _at;
        while (_at < text.Length && (IsWord(text[_at]) || text[_at] is '.' or '-' or '+'))
        {
            _at++;
        }

        return text[start.._at] switch
        {
            "" => throw Fault("A value is expected."),
            var word when word.Equals("NULL", StringComparison.OrdinalIgnoreCase) => null,
            var word => word,
        };
    }

    private string Identifier()
    {
        SkipSpace();
        if (_at < text.Length && text[_at] == '"')
        {
            return Quoted('"', escapes: false);
        }

        var start = _at;
        while (_at < text.Length && IsWord(text[_at]))
        {
            _at++;
        }

        return _at > start ? text[start.._at] : throw Fault("A name is expected.");
    }

    private string Quoted(char quote, bool escapes)
    {
        var value = new StringBuilder();
        for (_at++; _at < text.Length; _at++)
        {
            if (escapes && text[_at] == '\\' && _at + 1 < text.Length)
            {
                value.Append(text[++_at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var other => other });
            }
            else if (text[_at] != quote)
            {
                value.Append(text[_at]);
            }
            else if (_at + 1 < text.Length && text[_at + 1] == quote)
            {
                value.Append(quote);
                _at++;
            }
            else
            {
                _at++;
                return value.ToString();
            }
        }

        throw Fault("A quoted text does not end.");
    }

    /// <summary>Passes the rest of a definition. True: another one follows.</summary>
    private bool SkipDefinition()
    {
        for (var depth = 0; _at < text.Length; _at++)
        {
            switch (text[_at])
            {
                case '(':
                    depth++;
                    break;
                case ')' when depth == 0:
                    return false;
                case ')':
                    depth--;
                    break;
                case ',' when depth == 0:
                    _at++;
                    return true;
                case '\'' or '"':
                    Quoted(text[_at], HasEscapes(text, _at));
                    _at--;
                    break;
            }
        }

        return false;
    }

    private bool SkipOne(char one)
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] != one)
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Passes white space and comments.</summary>
    private void SkipSpace()
    {
        while (_at < text.Length)
        {
            if (char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }
            else if (string.CompareOrdinal(text, _at, "--", 0, 2) == 0)
            {
                var end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private static bool IsWord(char one) => char.IsLetterOrDigit(one) || one is '_' or '$';
}
