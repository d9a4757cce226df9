using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>
/// The bugs that <c>./tollgate mutants</c> inserts still fit the code. Checked without a build, so that the list cannot become outdated
/// between releases.
/// </summary>
public sealed partial class MutantTests
{
    private const int Fewest = 60;

    [Fact]
    public void Every_mutant_still_applies_and_names_tests_that_exist()
    {
        var tests = Repository.TestNames();
        var mutants = Repository.Mutants.ToList();
        mutants.Count.ShouldBeGreaterThanOrEqualTo(Fewest);
        mutants.SelectMany(mutant => Faults(mutant, path => Repository.Files.FirstOrDefault(file => file.Path == path)?.Text, tests))
            .ShouldBeNone("A mutant does not fit the code any more. See tests/mutants/README.md.");
    }

    [Fact]
    public void The_rule_sees_offenders()
    {
        const string Good = "bug: X\nfile: a.cs\ncaught by: P ATests.B\n--- before\none\n+++ after\ntwo\n";
        Of(Good).ShouldBeEmpty();
        Of(Good.Replace("ATests.B", "ATests.*", StringComparison.Ordinal)).ShouldBeEmpty();
        Of(Good.Replace("one\n", "nowhere\n", StringComparison.Ordinal)).ShouldNotBeEmpty();
        Of(Good.Replace("one\n", "o\n", StringComparison.Ordinal)).ShouldNotBeEmpty("It stands there twice.");
        Of(Good.Replace("two", "one", StringComparison.Ordinal)).ShouldNotBeEmpty("It changes nothing.");
        Of(Good.Replace("ATests.B", "ATests.C", StringComparison.Ordinal)).ShouldNotBeEmpty();
        Of("bug: X\nfile: a.cs\n").ShouldNotBeEmpty();

        static IEnumerable<Finding> Of(string text) =>
            Faults(new("tests/mutants/list/a.mutant", text), path => path == "a.cs" ? "one or two" : null, ["ATests", "ATests.B"]);
    }

    private static IEnumerable<Finding> Faults(TextFile mutant, Func<string, string?> textOf, HashSet<string> tests)
    {
        if (Shape().Match(mutant.Text) is not { Success: true } shape)
        {
            return [new(mutant.Path, 1, "it has no bug, file, caught by, --- before and +++ after in this order.")];
        }

        var (before, after) = (shape.Groups["before"].Value.TrimEnd('\n'), shape.Groups["after"].Value.TrimEnd('\n'));
        var places = textOf(shape.Groups["file"].Value) is { } text ? text.Split(before).Length - 1 : 0;
        return
        [
            .. places == 1
                ? []
                : (Finding[])[new(mutant.Path, 1, $"its text stands {places} times in {shape.Groups["file"].Value}, not once.")],
            .. before != after ? [] : (Finding[])[new(mutant.Path, 1, "it changes nothing.")],
            .. shape.Groups["test"].Captures.Select(test => test.Value)
                .Where(test => !tests.Contains(test.EndsWith(".*", StringComparison.Ordinal) ? test[..^2] : test))
                .Select(test => new Finding(mutant.Path, 1, $"no such test: {test}.")),
        ];
    }

    [GeneratedRegex(
        "^bug: .+\nfile: (?<file>.+)\n(?:caught by: \\S+ (?<test>\\S+)\n)+--- before\n(?<before>[\\s\\S]+?)\\n\\+\\+\\+ "
            + "after\n(?<after>[\\s\\S]*)\\z")]
    private static partial Regex Shape();
}
