using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>
/// Calls that break a rule of the code: hidden time, hidden randomness, blocked threads, lost exceptions, leftover words.
/// </summary>
public sealed partial class BannedCallTests
{
    /// <summary>The files of the engine and the server that may read the wall clock. Subject: the file's path.</summary>
    private static readonly Allowed[] ClockReaders = [];

    /// <summary>Properties named <c>Result</c>, and waits that do not concern a task. Subject: the file's path.</summary>
    private static readonly Allowed[] BlockingCalls = [];

    /// <summary>Writers to the console outside the command line. Subject: the file's path.</summary>
    private static readonly Allowed[] ConsoleWriters = [];

    [Fact]
    public void Core_reads_no_clock_and_throws_no_dice() =>
        Repository.SourcesUnder("src/Tollgate.Core").SelectMany(Impure)
            .ShouldBeNone(
                "Core is pure: no I/O, no clock, no randomness, no async. Take the instant, the random number or the data as an argument.");

    [Fact]
    public void The_clock_is_read_at_the_edge_only() =>
        Repository.SourcesUnder("src").Where(source => source.File.Project != "Tollgate.Core" && source.File.Room != "Clocks")
            .SelectMany(source => Members(source, WallClock).Select(finding => (source.File.Path, finding)))
            .Except(ClockReaders, "tests/Tollgate.Tidy/BannedCallTests.cs")
            .ShouldBeNone(
                "Time comes from the room Clocks (a sandbox project has a movable clock) and is passed in. "
                    + "For durations use Stopwatch or TimeProvider.");

    [Fact]
    public void Nobody_waits_for_a_task_with_a_blocked_thread() =>
        Repository.SourcesUnder("src").SelectMany(source => Blocking(source).Select(finding => (source.File.Path, finding)))
            .Except(BlockingCalls, "tests/Tollgate.Tidy/BannedCallTests.cs")
            .ShouldBeNone("A blocked thread starves the pool under load. Await it.");

    [Fact]
    public void No_async_void() =>
        Repository.Sources.SelectMany(AsyncVoid).ShouldBeNone("An exception in async void ends the process. Return Task.");

    [Fact]
    public void Core_and_engine_do_not_write_to_the_console() =>
        Repository.SourcesUnder("src").Where(source => source.File.Project is "Tollgate.Core" or "Tollgate.Engine" or "Tollgate.Contracts")
            .SelectMany(source => Members(source, ConsoleUse).Select(finding => (source.File.Path, finding)))
            .Except(ConsoleWriters, "tests/Tollgate.Tidy/BannedCallTests.cs")
            .ShouldBeNone("The engine logs; only the command line in Server/Cli speaks to a terminal.");

    [Fact]
    public void Nothing_is_left_for_later_in_comments() =>
        Repository.Files.Where(file => !file.IsUnder("tests/Tollgate.Tidy")).SelectMany(LeftBehind)
            .ShouldBeNone("Do it, or open an issue and leave no mark in the code.");

    [Fact]
    public void No_region_hides_code() =>
        Repository.Sources.SelectMany(Regions).ShouldBeNone("A file that needs #region wants to be two files.");

    [Fact]
    public void No_exception_is_swallowed_without_a_reason() =>
        Repository.Sources.Where(source => source.File.IsUnder("src")).SelectMany(Swallowed)
            .ShouldBeNone("An empty catch block says in a comment why nothing is to be done.");

    [Fact]
    public void A_pattern_matches_to_the_true_end_of_the_text() =>
        Repository.Sources.SelectMany(LooseEnds)
            .ShouldBeNone(
                "In .NET $ also matches before a newline at the end, so \"pro\\n\" passes for a code. Write \\z, "
                    + "or (?m) where lines are meant.");

    [Theory]
    [InlineData("class X { [GeneratedRegex(\"^[a-z]+$\")] partial Regex Y(); }", true)]
    [InlineData("class X { [GeneratedRegex(@\"^(a$|b)\")] partial Regex Y(); }", true)]
    [InlineData("class X { object Y(string t) => Regex.IsMatch(t, $\"{t}$\"); }", true)]
    [InlineData("class X { object Y() => new Regex(\"a$\"); }", true)]
    [InlineData("class X { [GeneratedRegex(@\"^[a-z$]+\\$\\z\")] partial Regex Y(); }", false)]
    [InlineData("class X { [GeneratedRegex(\"(?m)^a$\")] partial Regex Y(); }", false)]
    [InlineData("class X { object Y(string t) => Regex.Replace(t, \"(a)\", \"$1\"); }", false)]
    public void The_rule_of_loose_ends_sees_an_offender(string code, bool isOne) =>
        LooseEnds(SourceFile.Parse("src/X/X.cs", code)).Any().ShouldBe(isOne);

    [Theory]
    [InlineData("class X { object Y() => System.DateTime.UtcNow; }")]
    [InlineData("class X { object Y() => DateTimeOffset.Now; }")]
    [InlineData("class X { object Y() => Guid.NewGuid(); }")]
    [InlineData("class X { object Y() => new Random(1); }")]
    [InlineData("class X { async Task Y() { } }")]
    [InlineData("class X { object Y() => File.ReadAllText(\"x\"); }")]
    public void The_purity_rule_sees_an_offender(string code) =>
        Impure(SourceFile.Parse("src/Tollgate.Core/X.cs", code)).ShouldNotBeEmpty();

    [Theory]
    [InlineData("class X { int Y(Task<int> t) => t.Result; }")]
    [InlineData("class X { void Y(Task t) { t.Wait(); } }")]
    [InlineData("class X { void Y(Task t) { t.GetAwaiter().GetResult(); } }")]
    [InlineData("class X { void Y() { Thread.Sleep(1); } }")]
    public void The_blocking_rule_sees_an_offender(string code) => Blocking(SourceFile.Parse("src/X/X.cs", code)).ShouldNotBeEmpty();

    [Fact]
    public void The_blocking_rule_lets_a_completed_task_be_read() =>
        Blocking(SourceFile.Parse("src/X/X.cs", "class X { int Y(ValueTask<int> t) => t.IsCompletedSuccessfully ? t.Result : 0; }"))
            .ShouldBeEmpty();

    [Fact]
    public void The_other_rules_see_offenders()
    {
        AsyncVoid(SourceFile.Parse("src/X/X.cs", "class X { async void Y() { } }")).ShouldNotBeEmpty();
        Regions(SourceFile.Parse("src/X/X.cs", "class X {\n#region a\n#endregion\n}")).ShouldNotBeEmpty();
        LeftBehind(new("src/X/X.sql", "-- TO" + "DO later")).ShouldNotBeEmpty();
        Swallowed(SourceFile.Parse("src/X/X.cs", "class X { void Y() { try { } catch { } } }")).ShouldNotBeEmpty();
        Swallowed(SourceFile.Parse("src/X/X.cs", "class X { void Y() { try { } catch { /* gone already */ } } }")).ShouldBeEmpty();
    }

    private static readonly (string Type, string[] Members)[] WallClock =
    [
        ("DateTime", ["Now", "UtcNow", "Today"]),
        ("DateTimeOffset", ["Now", "UtcNow"]),
    ];

    private static readonly (string Type, string[] Members)[] ConsoleUse = [("Console", ["*"])];

    private static readonly (string Type, string[] Members)[] Outside =
    [
        .. WallClock, .. ConsoleUse,
        ("Guid", ["NewGuid", "CreateVersion7"]),
        ("Random", ["*"]), ("RandomNumberGenerator", ["*"]), ("TimeProvider", ["*"]), ("Stopwatch", ["*"]), ("Environment", ["*"]),
        ("File", ["*"]), ("Directory", ["*"]), ("Thread", ["*"]), ("Task", ["*"]),
    ];

    private static readonly string[] ImpureTypes = [
        "Random", "HttpClient", "Stream", "Task", "ValueTask", "TimeProvider", "Timer", "Thread"];

    private static IEnumerable<Finding> Impure(SourceFile source) =>
        Members(source, Outside)
            .Concat(source.Root.DescendantTokens().Where(token => token.IsKind(SyntaxKind.AsyncKeyword))
                .Select(token => new Finding(source.File.Path, source.LineOf(token), "async in Core.")))
            .Concat(source.Root.DescendantNodes().OfType<SimpleNameSyntax>()
                .Where(name => ImpureTypes.Contains(name.Identifier.ValueText, StringComparer.Ordinal)
                    && name.Parent is not MemberAccessExpressionSyntax)
                .Select(name => new Finding(source.File.Path, source.LineOf(name), $"{name.Identifier.ValueText} in Core.")));

    private static IEnumerable<Finding> Members(SourceFile source, (string Type, string[] Members)[] banned)
    {
        foreach (var access in source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            var type = access.Expression is MemberAccessExpressionSyntax inner
                ? inner.Name.Identifier.ValueText
                : access.Expression.ToString();
            var member = access.Name.Identifier.ValueText;
            if (banned.Any(entry => entry.Type == type
                && (entry.Members[0] == "*" || entry.Members.Contains(member, StringComparer.Ordinal))))
            {
                yield return new(source.File.Path, source.LineOf(access), $"{type}.{member}");
            }
        }
    }

    private static IEnumerable<Finding> Blocking(SourceFile source)
    {
        foreach (var access in source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            var isCall = access.Parent is InvocationExpressionSyntax;
            var name = access.Name.Identifier.ValueText;
            var blocks = name switch
            {
                "Result" => !isCall && access.Parent is not MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Should" }
                    && !KnownCompleted(access),
                "Wait" => isCall && access.Expression is not ThisExpressionSyntax,
                "GetResult" => isCall && access.Expression.ToString().EndsWith("GetAwaiter()", StringComparison.Ordinal),
                "Sleep" => access.Expression.ToString() is "Thread" or "System.Threading.Thread",
                _ => false,
            };
            if (blocks)
            {
                yield return new(source.File.Path, source.LineOf(access), $"{access} blocks a thread.");
            }
        }
    }

    // Reading a ValueTask that is known to have completed does not wait: the hot path saves a state machine.
    private static bool KnownCompleted(MemberAccessExpressionSyntax access) =>
        access.Ancestors().OfType<MemberDeclarationSyntax>().FirstOrDefault() is { } member
        && member.ToString().Contains($"{access.Expression}.IsCompleted", StringComparison.Ordinal);

    private static IEnumerable<Finding> AsyncVoid(SourceFile source) =>
        source.Root.DescendantNodes()
            .Where(node => node switch
            {
                MethodDeclarationSyntax method => IsVoid(method.ReturnType) && method.Modifiers.Any(SyntaxKind.AsyncKeyword),
                LocalFunctionStatementSyntax local => IsVoid(local.ReturnType) && local.Modifiers.Any(SyntaxKind.AsyncKeyword),
                _ => false,
            })
            .Select(node => new Finding(source.File.Path, source.LineOf(node), "async void."));

    private static bool IsVoid(TypeSyntax type) =>
        type is PredefinedTypeSyntax predefined && predefined.Keyword.IsKind(SyntaxKind.VoidKeyword);

    private static IEnumerable<Finding> LeftBehind(TextFile file) =>
        Later().Matches(file.Text).Select(match => new Finding(file.Path, file.LineAt(match.Index), match.Value));

    private static IEnumerable<Finding> Regions(SourceFile source) =>
        source.Root.DescendantTrivia().Where(trivia => trivia.IsKind(SyntaxKind.RegionDirectiveTrivia))
            .Select(trivia => new Finding(source.File.Path, source.LineOf(trivia), "#region"));

    private static IEnumerable<Finding> Swallowed(SourceFile source) =>
        source.Root.DescendantNodes().OfType<CatchClauseSyntax>()
            .Where(clause => clause.Block.Statements.Count == 0 && !clause.DescendantTrivia().Any(IsComment))
            .Select(clause => new Finding(source.File.Path, source.LineOf(clause), "an empty catch without a reason."));

    private static IEnumerable<Finding> LooseEnds(SourceFile source) =>
        source.Root.DescendantNodes().OfType<ExpressionSyntax>().Where(IsPattern)
            .Where(pattern => LooseEnd().IsMatch(TextOf(pattern)) && !TextOf(pattern).Contains("(?m)", StringComparison.Ordinal))
            .Select(pattern => new Finding(source.File.Path, source.LineOf(pattern), $"{pattern} ends with $."));

    /// <summary>The pattern is the first text argument of an attribute or a constructor, and the second of a static call.</summary>
    private static bool IsPattern(ExpressionSyntax text) =>
        text is LiteralExpressionSyntax or InterpolatedStringExpressionSyntax && (text.Parent, text.Parent?.Parent?.Parent) switch
    {
        (AttributeArgumentSyntax, AttributeSyntax attribute) =>
            attribute.Name.ToString() is "GeneratedRegex" && attribute.ArgumentList!.Arguments[0].Expression == text,
        (ArgumentSyntax, ObjectCreationExpressionSyntax creation) =>
            creation.Type.ToString() is "Regex" && creation.ArgumentList!.Arguments[0].Expression == text,
        (ArgumentSyntax, InvocationExpressionSyntax call) =>
            call.Expression.ToString().StartsWith("Regex.", StringComparison.Ordinal) && call.ArgumentList.Arguments is [_, var second, ..]
                && second.Expression == text,
        _ => false,
    };

    private static string TextOf(ExpressionSyntax text) => text switch
    {
        LiteralExpressionSyntax literal => literal.Token.ValueText,
        InterpolatedStringExpressionSyntax interpolated =>
            string.Concat(interpolated.Contents.OfType<InterpolatedStringTextSyntax>().Select(part => part.TextToken.ValueText)),
        _ => "",
    };

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);

    // A $ that is neither escaped nor in a class of characters.
    [GeneratedRegex(@"\A(?:\\.|\[(?:\\.|[^\]\\])*\]|[^\\\[$])*\$", RegexOptions.Singleline)]
    private static partial Regex LooseEnd();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Later();
}
