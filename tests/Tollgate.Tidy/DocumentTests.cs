using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>Documents are true: links resolve, invariants name existing tests, options and variables are described.</summary>
public sealed partial class DocumentTests
{
    private static IEnumerable<TextFile> Documents => Repository.Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal));

    [Fact]
    public void Relative_links_lead_somewhere() =>
        Documents.SelectMany(DeadLinks)
            .ShouldBeNone("A link in a document leads to nothing. Correct the path, or the anchor to an existing heading.");

    [Fact]
    public void Invariants_name_the_tests_that_prove_them()
    {
        var tests = Repository.TestNames();
        Documents.Where(page => page.IsUnder("src") && page.Name == "README.md").SelectMany(page => Unproved(page, tests))
            .ShouldBeNone("Each bullet under \"Invariants\" names in backticks a test that exists: `SomeTests.What_it_shows`.");
    }

    [Fact]
    public void Options_say_what_they_are() =>
        Repository.SourcesUnder("src").SelectMany(UndocumentedOptions)
            .ShouldBeNone("An option has a doc comment with unit, default and reason (STYLE 9).");

    [Fact]
    public void Environment_variables_are_in_the_documents()
    {
        var documented = string.Join('\n', Documents.Where(page => !page.IsUnder("src")).Select(page => page.Text));
        Repository.SourcesUnder("src")
            .SelectMany(source => Variables(source).Where(found => !documented.Contains(found.Name, StringComparison.Ordinal))
                .Select(found => new Finding(source.File.Path, found.Line, $"{found.Name} is read here and described nowhere.")))
            .ShouldBeNone("Every TOLLGATE_ variable is described in docs/ (or the README).");
    }

    [Fact]
    public void No_path_of_one_machine_is_in_the_repository() =>
        Repository.Files.SelectMany(MachinePaths)
            .ShouldBeNone("A path of somebody's machine means nothing to others. Make it relative or a parameter.");

    [Fact]
    public void Guides_are_short() =>
        Documents.Where(page => page.IsUnder("docs/guides")).SelectMany(LongGuide)
            .ShouldBeNone("A guide does one task. Reasons go to docs/concepts, tables to docs/reference.");

    [Fact]
    public void The_glossary_has_each_term_once_in_alphabetical_order()
    {
        var terms = Term().Matches(Documents.Single(page => page.Path == "docs/glossary.md").Text).Select(match => match.Groups[1].Value)
            .ToList();
        terms.Count.ShouldBeGreaterThan(50);
        terms.ShouldBe(terms.Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_rules_see_offenders()
    {
        LongGuide(new("docs/guides/x.md", string.Concat(Enumerable.Repeat("word ", MostWords + 1)))).ShouldNotBeEmpty();
        LongGuide(new("docs/guides/x.md", "| word |\n```bash\n" + string.Concat(Enumerable.Repeat("word ", MostWords + 1)) + "\n```\n"))
            .ShouldBeEmpty();
        DeadLinks(new("docs/x.md", "see [this](nowhere.md)")).ShouldNotBeEmpty();
        DeadLinks(new("tests/README.md", "see [this](https://example.org/x.md) and ```\n[x](y.md)\n```")).ShouldBeEmpty();
        Unproved(new("src/X/README.md", "## Invariants\n- Nothing is lost.\n"), []).ShouldNotBeEmpty();
        Unproved(new("src/X/README.md", "## Invariants\n- Nothing is lost (`A.B_c`).\n"), []).ShouldNotBeEmpty();
        Unproved(new("src/X/README.md", "## Invariants\n- Nothing is\n  lost (`A.B_c`).\n\n## Time\n- None."), ["A.B_c"]).ShouldBeEmpty();
        UndocumentedOptions(SourceFile.Parse("src/X/X.cs", "sealed record LaneOptions { public int Size { get; init; } }"))
            .ShouldNotBeEmpty();
        MachinePaths(new("docs/x.md", "cd " + "/work" + "/here")).ShouldNotBeEmpty();
    }

    /// <summary>The maximum for prose and tables. Code blocks do not count, because readers paste them.</summary>
    private const int MostWords = 800;

    private static IEnumerable<Finding> LongGuide(TextFile page) =>
        Code().Replace(page.Text, " ").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Count(word => word.Any(char.IsLetterOrDigit)) is var words
        && words > MostWords
            ? [new(page.Path, 1, $"{words} words are more than {MostWords}.")]
            : [];

    private static IEnumerable<Finding> DeadLinks(TextFile page)
    {
        // Code is blanked in place, so that positions do not change.
        var prose = Code().Replace(page.Text, match => Regex.Replace(match.Value, "[^\n]", " "));
        foreach (Match link in Link().Matches(prose))
        {
            var target = link.Groups[1].Value;
            if (Scheme().IsMatch(target) || target.Length == 0)
            {
                continue;
            }

            var parts = target.Split('#', 2);
            var path = parts[0].Length == 0 ? page.Path : Resolve(page, Uri.UnescapeDataString(parts[0]));
            var full = Path.Combine(Repository.Root, path);
            if (!File.Exists(full) && !Directory.Exists(full))
            {
                yield return new(page.Path, page.LineAt(link.Index), $"{target} does not exist.");
            }
            else if (parts is [_, var anchor] && path.EndsWith(".md", StringComparison.Ordinal)
                && !Anchors(File.ReadAllText(full)).Contains(anchor))
            {
                yield return new(page.Path, page.LineAt(link.Index), $"{path} has no heading #{anchor}.");
            }
        }
    }

    private static string Resolve(TextFile page, string target) =>
        target.StartsWith('/')
            ? target[1..]
            : Path.GetRelativePath(
                Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, string.Join('/', page.Folders), target)));

    private static HashSet<string> Anchors(string text) =>
        [.. Heading().Matches(text)
            .Select(match => AnchorNoise().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    private static IEnumerable<Finding> Unproved(TextFile page, HashSet<string> tests)
    {
        if (RoomPage.Section(page, "invariants") is not { } section)
        {
            yield break;
        }

        foreach (var (line, bullet) in Bullets(section))
        {
            var named = Named().Matches(bullet).Select(match => match.Groups[1].Value).ToList();
            if (!named.Any(tests.Contains))
            {
                yield return new(
                    page.Path, line, named.Count == 0 ? "this invariant names no test." : $"no such test: {string.Join(", ", named)}.");
            }
        }
    }

    /// <summary>Bullets with their continuation lines joined.</summary>
    private static IEnumerable<(int Line, string Text)> Bullets(IReadOnlyList<(int Line, string Text)> section)
    {
        (int Line, string Text)? open = null;
        foreach (var (line, text) in section)
        {
            if (BulletStart().IsMatch(text))
            {
                if (open is { } done)
                {
                    yield return done;
                }

                open = (line, text);
            }
            else if (open is { } running)
            {
                open = (running.Line, $"{running.Text} {text}");
            }
        }

        if (open is { } last)
        {
            yield return last;
        }
    }

    private static IEnumerable<Finding> UndocumentedOptions(SourceFile source) =>
        source.Root.DescendantNodes().OfType<PropertyDeclarationSyntax>()
            .Where(property => property.Parent is TypeDeclarationSyntax type
                && type.Identifier.ValueText.EndsWith("Options", StringComparison.Ordinal))
            .Where(property => property.Modifiers.Any(SyntaxKind.PublicKeyword) && property.AccessorList is not null)

            // An option that takes its default from Settings has unit, range and reason there.
            .Where(property => property.Initializer?.ToString().Contains("Settings.", StringComparison.Ordinal) != true)
            .Where(property => !property.GetLeadingTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia)))
            .Select(property => new Finding(source.File.Path, source.LineOf(property), $"{Members.NameOf(property)} has no doc comment."));

    private static IEnumerable<(int Line, string Name)> Variables(SourceFile source) =>
        source.Root.DescendantTokens().Where(token => token.IsKind(SyntaxKind.StringLiteralToken) && Variable().IsMatch(token.ValueText))
            .Select(token => (source.LineOf(token), token.ValueText));

    private static IEnumerable<Finding> MachinePaths(TextFile file) =>
        MachinePath().Matches(file.Text).Select(match => new Finding(file.Path, file.LineAt(match.Index), match.Value));

    [GeneratedRegex(@"```[\s\S]*?```|`[^`\n]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\| \*\*(.+?)\*\* \|", RegexOptions.Multiline)]
    private static partial Regex Term();

    [GeneratedRegex(@"\[[^\]\n]*\]\(<?([^)\s>]*)>?[^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex("^([a-z][a-z0-9+.-]*:|//)", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex("(?m)^#{1,6}[ \t]+(.+)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex AnchorNoise();

    [GeneratedRegex(@"`([A-Za-z]\w*(?:\.\w+)?)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"^\s{0,1}(?:[-*]|\d+\.)\s")]
    private static partial Regex BulletStart();

    [GeneratedRegex(@"^TOLLGATE_[A-Z_]+\z")]
    private static partial Regex Variable();

    [GeneratedRegex("/work" + @"/[\w.-]+|/home/\w+|/Users/\w+|/root/\.?\w+")]
    private static partial Regex MachinePath();
}
