namespace Tollgate.Tidy;

/// <summary>A place that breaks a rule, and the remedy.</summary>
public sealed record Finding(string Path, int Line, string What)
{
    public override string ToString() => $"{Path}:{Line}: {What}";
}

/// <summary>A reasoned exception to a rule. An exception that no finding needs fails too, so that the lists only shrink.</summary>
/// <param name="Subject">The excused subject, as the rule names it: <c>Type.Method</c>, a file's path, a word.</param>
/// <param name="Reason">The reason, in a sentence.</param>
public sealed record Allowed(string Subject, string Reason);

public static class Findings
{
    /// <summary>Fails with each finding on its own line, in a format that editors can open.</summary>
    public static void ShouldBeNone(this IEnumerable<Finding> findings, string rule)
    {
        var all = findings.Distinct().OrderBy(finding => finding.Path, StringComparer.Ordinal).ThenBy(finding => finding.Line).ToList();
        if (all.Count > 0)
        {
            Assert.Fail($"{rule}\n{all.Count} place(s):\n  {string.Join("\n  ", all)}\n");
        }
    }

    /// <summary>Leaves out the findings that the list excuses, and adds a finding for each excuse that nothing needs.</summary>
    public static IEnumerable<Finding> Except(
        this IEnumerable<(string Subject, Finding Finding)> found, IReadOnlyList<Allowed> allowed, string listedIn)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        var left = new List<Finding>();
        foreach (var (subject, finding) in found)
        {
            if (allowed.Any(entry => entry.Subject == subject))
            {
                used.Add(subject);
            }
            else
            {
                left.Add(finding);
            }
        }

        left.AddRange(allowed
            .Where(entry => !used.Contains(entry.Subject))
            .Select(entry =>
                new Finding(listedIn, 1, $"\"{entry.Subject}\" is excused and needs no excuse any more: take it off the list.")));
        return left;
    }
}
