using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>
/// Comments and documents are written in plain English: no sentence has a clause as its subject ("What was used is kept", "Who asks
/// twice gets the first answer"). Questions are fine. Tests are named in the same way.
/// </summary>
public sealed partial class SentenceTests
{
    [Fact]
    public void No_sentence_begins_with_a_clause_as_its_subject() =>
        Repository.Files.SelectMany(Blocks).SelectMany(Offenders)
            .ShouldBeNone("Name the actor: subject, verb, object. A value is a noun phrase (\"The remaining quota.\").");

    [Fact]
    public void No_test_is_named_by_a_clause() =>
        Repository.Files.Where(static file => file.Path.StartsWith("tests/", StringComparison.Ordinal)).SelectMany(ClausesOf)
            .ShouldBeNone("Name a test by subject and verb: A_lost_dispute_reduces_revenue, not What_a_bank_took_back_is_not_earned.");

    [Fact]
    public void The_rule_sees_offenders()
    {
        Of("/// <summary>What is left of it.</summary>", "x.cs").ShouldHaveSingleItem();
        Of("/// <summary>Counts. Who asks\n/// twice gets the first answer.</summary>", "x.cs").ShouldHaveSingleItem();
        Of("-- Of several servers one wins.", "x.sql").ShouldHaveSingleItem();
        Of("Text.\n\n- Where it ends, it ends.", "x.md").ShouldHaveSingleItem();
        Of("// What if the server dies?", "x.cs").ShouldBeEmpty();
        Of("/// <summary>The rest. It says what is left.</summary>", "x.cs").ShouldBeEmpty();
        Of("## What it costs\n\n```\nWhat a shell prints.\n```", "x.md").ShouldBeEmpty();

        static IEnumerable<Finding> Of(string text, string path) => Blocks(new(path, text)).SelectMany(Offenders);
    }

    /// <summary>Runs of comment lines, or paragraphs of a document: where each begins, and its text in one line.</summary>
    private static IEnumerable<(string Path, int Line, string Text)> Blocks(TextFile file)
    {
        var isDocument = file.Path.EndsWith(".md", StringComparison.Ordinal);
        if (!isDocument && !file.Path.EndsWith(".cs", StringComparison.Ordinal) && !file.Path.EndsWith(".sql", StringComparison.Ordinal))
        {
            yield break;
        }

        var (began, lines, isFenced) = (0, new List<string>(), false);
        for (var i = 0; i <= file.Lines.Count; i++)
        {
            var line = i < file.Lines.Count ? file.Lines[i] : "";
            isFenced ^= isDocument && line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            var text = isDocument ? ProseOf(line, isFenced) : CommentOf(line);
            var isNewItem = isDocument && ListItem().IsMatch(line);
            if ((text is null || isNewItem) && lines.Count > 0)
            {
                yield return (file.Path, began + 1, string.Join(' ', lines));
                lines.Clear();
            }

            if (text is not null)
            {
                began = lines.Count == 0 ? i : began;
                lines.Add(text);
            }
        }
    }

    private static IEnumerable<Finding> Offenders((string Path, int Line, string Text) block) =>
        Sentence().Split(Tag().Replace(block.Text, " . "))
            .Select(static sentence => sentence.Trim())
            .Where(static sentence => Clause().IsMatch(sentence) && !sentence.EndsWith('?'))
            .Select(sentence => new Finding(block.Path, block.Line, sentence[..Math.Min(sentence.Length, 80)]));

    private static IEnumerable<Finding> ClausesOf(TextFile file) =>
        file.Lines.Select(static (line, at) => (Name: TestName().Match(line), Line: at + 1)).Where(static one => one.Name.Success)
            .Select(one => new Finding(file.Path, one.Line, one.Name.Groups[1].Value));

    /// <summary>Null: the line is not a comment.</summary>
    private static string? CommentOf(string line) => Comment().Match(line) is { Success: true } comment ? comment.Groups[1].Value : null;

    /// <summary>Null: the line is empty, a heading, a row of a table or code.</summary>
    private static string? ProseOf(string line, bool isFenced) =>
        isFenced || string.IsNullOrWhiteSpace(line) || line[0] is '#' or '|' or '`' ? null : ListItem().Replace(line, "");

    [GeneratedRegex("^(What|Who|Whoever|Whatever|Whether|Where|How|Of) ")]
    private static partial Regex Clause();

    [GeneratedRegex(@"public (?:async )?(?:Task|ValueTask|void)\S* ((?:What|Who|Whoever|Whatever|Where|Of|That|Whose)_\w+)")]
    private static partial Regex TestName();

    [GeneratedRegex(@"(?<=[.:;?!])\s+")]
    private static partial Regex Sentence();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^\s*(?:///?|--) ?(.*)")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*(?:[-*>]|[0-9]+\.)\s+")]
    private static partial Regex ListItem();
}
