using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>
/// The table of everything that the five products specify: each row names existing tests, or one of the words for what is missing.
/// </summary>
public sealed partial class SeedTableTests
{
    private const string Table = "docs/reference/seeds.md";

    private static readonly string[] Missing = ["page", "SDK", "growth", "open"];

    [Fact]
    public void Every_row_has_a_test_that_exists_or_says_what_is_missing()
    {
        var page = Repository.Files.Single(static file => file.Path == Table);
        var tests = Repository.TestNames();
        Row().Count(page.Text).ShouldBeGreaterThan(100);
        Offenders(page, tests).ShouldBeNone("Name a test that exists, or page, SDK, growth or open.");
    }

    [Fact]
    public void The_rule_sees_offenders()
    {
        Offenders(Of("| `GET /a` | here | `ATests.B` |"), ["ATests", "ATests.B"]).ShouldBeEmpty();
        Offenders(Of("| `GET /a` | — | page |"), []).ShouldBeEmpty();
        Offenders(Of("| `GET /a` | here | `ATests.B`, `CTests.D` |"), ["ATests.B"]).Count().ShouldBe(1);
        Offenders(Of("| `GET /a` | here |  |"), []).ShouldNotBeEmpty();
        Offenders(Of("| `GET /a` | here | soon |"), []).ShouldNotBeEmpty();

        static TextFile Of(string row) => new(Table, $"|---|---|---|\n{row}\n");
    }

    private static IEnumerable<Finding> Offenders(TextFile page, HashSet<string> tests)
    {
        foreach (Match row in Row().Matches(page.Text))
        {
            var (last, line) = (row.Groups[1].Value.Trim(), page.LineAt(row.Index));
            if (Missing.Contains(last))
            {
                continue;
            }

            var named = Named().Matches(last).Select(static match => match.Groups[1].Value).ToList();
            if (named.Count == 0 || Named().Replace(last, "").Trim(' ', ',').Length > 0)
            {
                yield return new(page.Path, line, $"the row has no test: {last}.");
            }

            foreach (var name in named.Where(name => !tests.Contains(name)))
            {
                yield return new(page.Path, line, $"no such test: {name}.");
            }
        }
    }

    /// <summary>A row of a table that is not its head, with the last of its three cells.</summary>
    [GeneratedRegex(@"(?m)^\| (?!the product names )[^|\n]+ \| [^|\n]+ \| ?([^|\n]*) ?\|$")]
    private static partial Regex Row();

    /// <summary>A test class, alone or with a method.</summary>
    [GeneratedRegex(@"`([A-Z]\w*(?:Tests|Lives|Properties)(?:\.\w+)?)`")]
    private static partial Regex Named();
}
