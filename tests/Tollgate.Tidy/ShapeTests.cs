using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>Files and methods of a size that a reader can keep in mind; sealed classes; interfaces only toward the outside.</summary>
public sealed class ShapeTests
{
    private const int LongestFile = 600;

    private const int LongestMethod = 60;

    /// <summary>Methods that are longer and say why. Subject: <c>Type.Method</c>.</summary>
    private static readonly Allowed[] LongMethods =
    [
        new("MistakeTests.The_answer_repeats_what_was_wrong_and_names_what_is_near", "A table of 60 mistakes with one check."),
        new("CatalogSchemaTests.The_reader_refuses_everything_that_the_schema_refuses", "A table of 45 refused lines with one check."),
    ];

    private const int WidestLine = 140;

    /// <summary>The columns that may follow a string that reaches to the edge: <c>"));</c>.</summary>
    private const int Punctuation = 12;

    /// <summary>Interfaces with one implementer that face an outside party. Subject: the interface.</summary>
    private static readonly Allowed[] OutwardInterfaces =
    [
        new("ISubscriptionBackend",
            "It faces payment providers, as IPaymentProvider does; of those that there are only Stripe manages subscriptions."),
    ];

    /// <summary>Classes that others may derive from. Subject: the class.</summary>
    private static readonly Allowed[] OpenClasses =
    [
        new("DecisionView", "The numbers that the answers of check, consume and reservations have in common."),
    ];

    [Fact]
    public void No_file_is_longer_than_600_lines() =>
        Repository.Files.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal)
            || file.Path.EndsWith(".sql", StringComparison.Ordinal))
            .Where(file => file.Lines.Count > LongestFile + 1)
            .Select(file => new Finding(file.Path, LongestFile + 1, $"{file.Lines.Count - 1} lines."))
            .ShouldBeNone("A file finishes one thought. Split it where the thought changes, not where the ruler says.");

    [Fact]
    public void No_method_is_longer_than_60_lines() =>
        Repository.Sources.SelectMany(TooLong)
            .Except(LongMethods, "tests/Tollgate.Tidy/ShapeTests.cs")
            .ShouldBeNone(
                "Name the steps and call them. A score of numbered steps that reads better whole goes on the list with its reason.");

    [Fact]
    public void No_line_is_longer_than_140_columns() =>
        Repository.Sources.SelectMany(TooWide)
            .ShouldBeNone("Break the line (.editorconfig, max_line_length). Only a string that must stay whole may be longer.");

    [Fact]
    public void Classes_are_sealed() =>
        Repository.SourcesUnder("src").SelectMany(NotSealed)
            .Except(OpenClasses, "tests/Tollgate.Tidy/ShapeTests.cs")
            .ShouldBeNone("Sealed by default (STYLE 14).");

    [Fact]
    public void Namespaces_are_of_the_whole_file() =>
        Repository.Sources.SelectMany(BlockNamespaces).ShouldBeNone("Write `namespace X;`: it saves every line an indentation.");

    [Fact]
    public void No_interface_has_a_single_implementer() =>
        LonelyInterfaces(Repository.SourcesUnder("src").ToList())
            .Except(OutwardInterfaces, "tests/Tollgate.Tidy/ShapeTests.cs")
            .ShouldBeNone(
                "An interface with one implementer is a second name for a class. Toward an outside party: list it with its reason.");

    [Fact]
    public void The_rules_see_offenders()
    {
        var body = string.Concat(Enumerable.Repeat("        X();\n", LongestMethod));
        TooLong(SourceFile.Parse("src/X/X.cs", $"class X\n{{\n    void Y()\n    {{\n{body}    }}\n}}")).ShouldNotBeEmpty();
        var wide = new string('x', WidestLine);
        TooWide(SourceFile.Parse("src/X/X.cs", $"// {wide} y")).ShouldNotBeEmpty();
        TooWide(SourceFile.Parse("src/X/X.cs", $"class X {{ int {wide}; }}")).ShouldNotBeEmpty();
        TooWide(SourceFile.Parse("src/X/X.cs", $"class X {{ string s = \"{wide}\"; }}")).ShouldBeEmpty();
        TooWide(SourceFile.Parse("src/X/X.cs", $"// https://{wide}")).ShouldBeEmpty();
        NotSealed(SourceFile.Parse("src/X/X.cs", "class X;")).ShouldNotBeEmpty();
        NotSealed(SourceFile.Parse("src/X/X.cs", "record X(int Y);")).ShouldNotBeEmpty();
        NotSealed(SourceFile.Parse("src/X/X.cs", "sealed class X; static class Y { } abstract class Z; record struct A(int B);"))
            .ShouldBeEmpty();
        BlockNamespaces(SourceFile.Parse("src/X/X.cs", "namespace X { }")).ShouldNotBeEmpty();
        BlockNamespaces(SourceFile.Parse("src/X/X.cs", "namespace X;")).ShouldBeEmpty();
        LonelyInterfaces([SourceFile.Parse("src/X/X.cs", "interface IX; sealed class X : IX;")]).ShouldNotBeEmpty();
        LonelyInterfaces([SourceFile.Parse("src/X/X.cs", "interface IX; sealed class X : IX; sealed class Y : IX;")]).ShouldBeEmpty();
    }

    private static IEnumerable<Finding> BlockNamespaces(SourceFile source) =>
        source.Root.DescendantNodes().OfType<NamespaceDeclarationSyntax>()
            .Select(space => new Finding(source.File.Path, source.LineOf(space), $"{space.Name} has braces."));

    private static IEnumerable<(string, Finding)> TooLong(SourceFile source)
    {
        foreach (var node in source.Root.DescendantNodes()
            .Where(node => node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax))
        {
            var span = node.GetLocation().GetLineSpan();
            var lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (lines > LongestMethod)
            {
                yield return (Members.NameOf(node),
                    new(source.File.Path, source.LineOf(node), $"{Members.NameOf(node)} has {lines} lines."));
            }
        }
    }

    /// <summary>Lines that end behind the last column, unless a string or a single long word (a URL) reaches that far.</summary>
    private static IEnumerable<Finding> TooWide(SourceFile source)
    {
        var at = 0;
        for (var i = 0; i < source.File.Lines.Count; i++)
        {
            var line = source.File.Lines[i];
            if (line.Length > WidestLine && !IsWhole(source, line, at + WidestLine))
            {
                yield return new(source.File.Path, i + 1, $"{line.Length} columns.");
            }

            at += line.Length + 1;
        }
    }

    private static bool IsWhole(SourceFile source, string line, int edge) =>
        source.Root.FindToken(edge - Punctuation).Parent?.AncestorsAndSelf().Any(node =>
            node is LiteralExpressionSyntax or InterpolatedStringExpressionSyntax && node.Span.Contains(edge - Punctuation)) == true
        || (line.IndexOf("//", StringComparison.Ordinal) is var comment and >= 0
            && !line[(comment + 2)..].TrimStart(' ', '/').Contains(' ', StringComparison.Ordinal));

    private static IEnumerable<(string, Finding)> NotSealed(SourceFile source) =>
        source.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
            .Where(type => type is ClassDeclarationSyntax
                || (type is RecordDeclarationSyntax record && !record.ClassOrStructKeyword.IsKind(SyntaxKind.StructKeyword)))
            .Where(type => !type.Modifiers.Any(modifier =>
                modifier.Kind() is SyntaxKind.SealedKeyword or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword
                    or SyntaxKind.PartialKeyword))
            .Select(type =>
                (type.Identifier.ValueText,
                    new Finding(source.File.Path, source.LineOf(type), $"{type.Identifier.ValueText} is not sealed.")));

    private static IEnumerable<(string, Finding)> LonelyInterfaces(IReadOnlyList<SourceFile> sources)
    {
        var bases = sources.SelectMany(source => source.Root.DescendantNodes().OfType<BaseTypeSyntax>())
            .Select(type => type.Type switch
            {
                QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
                SimpleNameSyntax simple => simple.Identifier.ValueText,
                _ => type.Type.ToString(),
            })
            .CountBy(name => name).ToDictionary(StringComparer.Ordinal);
        return sources.SelectMany(source => source.Root.DescendantNodes().OfType<InterfaceDeclarationSyntax>()
            .Where(declared => bases.GetValueOrDefault(declared.Identifier.ValueText) < 2)
            .Select(declared => (declared.Identifier.ValueText,
                new Finding(
                    source.File.Path, source.LineOf(declared),
                    $"{declared.Identifier.ValueText} has {bases.GetValueOrDefault(declared.Identifier.ValueText)} implementer(s)."))));
    }
}
