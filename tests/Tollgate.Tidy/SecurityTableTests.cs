using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>
/// The table of OWASP ASVS: each requirement of levels 1 and 2 has a row, and the tests that rows name exist. SECURITY.md names existing
/// ones too.
/// </summary>
public sealed partial class SecurityTableTests
{
    private const string Table = "docs/operating/asvs.md";

    /// <summary>The number of requirements in ASVS 5.0.0.</summary>
    private const int OfLevel1 = 70;
    private const int OfLevel2 = 183;

    private static readonly string[] Statuses = ["met", "open", "n.a."];

    [Fact]
    public void Every_requirement_of_levels_1_and_2_has_one_row()
    {
        var rows = Rows(Page(Table)).ToList();
        rows.Select(row => row.Number).ShouldBeUnique();
        rows.Count(row => row.Level == "1").ShouldBe(OfLevel1);
        rows.Count(row => row.Level == "2").ShouldBe(OfLevel2);
        rows.ShouldAllBe(row => Statuses.Contains(row.Status) && row.Where.Length > 0);
        Page(Table).Text.ShouldContain(
            $"{rows.Count(row => row.Status == "met")} are met, {rows.Count(row => row.Status == "open")} are open, "
                + $"{rows.Count(row => row.Status == "n.a.")} do not apply.");
    }

    [Fact]
    public void The_tests_that_the_pages_of_security_name_exist()
    {
        var tests = Repository.TestNames();
        new[] { Page(Table), Page("SECURITY.md") }.SelectMany(page => Missing(page, tests))
            .ShouldBeNone("A test that a page of security names does not exist.");
    }

    [Fact]
    public void The_rule_sees_offenders()
    {
        Missing(new("SECURITY.md", "see `ATests.B`"), ["ATests"]).ShouldNotBeEmpty();
        Missing(new("SECURITY.md", "see `ATests.B` and `Http/FrontDoor.cs`"), ["ATests.B"]).ShouldBeEmpty();
    }

    private static IEnumerable<Finding> Missing(TextFile page, HashSet<string> tests) =>
        Named().Matches(page.Text).Where(match => !tests.Contains(match.Groups[1].Value))
            .Select(match => new Finding(page.Path, page.LineAt(match.Index), $"no such test: {match.Groups[1].Value}."));

    private static IEnumerable<(string Number, string Level, string Status, string Where)> Rows(TextFile page) =>
        Row().Matches(page.Text)
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value));

    private static TextFile Page(string path) => Repository.Files.Single(file => file.Path == path);

    [GeneratedRegex(@"(?m)^\| (\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$")]
    private static partial Regex Row();

    /// <summary>A test class, alone or with a method.</summary>
    [GeneratedRegex(@"`([A-Z]\w*(?:Tests|Lives|Properties)(?:\.\w+)?)`")]
    private static partial Regex Named();
}
