using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>
/// Money and quantities are exact: no floating point in Core or in the engine's contracts, no plain decimal outside Money.
/// </summary>
public sealed class ExactTypeTests
{
    /// <summary>Floating point that is no amount. Subject: <c>Type.Member</c>.</summary>
    private static readonly Allowed[] FloatingPoint =
    [
        new("LaneMetrics._commit", "Milliseconds of a histogram: a measurement, no amount."),
    ];

    /// <summary>Decimals that are no quantity. Subject: <c>Type.Member</c>.</summary>
    private static readonly Allowed[] NakedDecimals =
    [
        new("UsageProjection.PercentOf", "Percent of the limit, rounded to show: a ratio, no amount."),
        new("RateRules.Units", "Microseconds for one unit: a pace, no amount."),
        new("RateRules.Microseconds", "As RateRules.Units."),
    ];

    [Fact]
    public void No_floating_point_in_Core_and_in_the_engines_signatures() =>
        Repository.Sources.Where(source => source.File.Project is "Tollgate.Core" or "Tollgate.Engine" or "Tollgate.Contracts")
            .SelectMany(source =>
                TypesIn(source, everywhere: source.File.Project == "Tollgate.Core", SyntaxKind.DoubleKeyword, SyntaxKind.FloatKeyword))
            .Except(FloatingPoint, "tests/Tollgate.Tidy/ExactTypeTests.cs")
            .ShouldBeNone(
                "0.1 + 0.2 is not 0.3: use Quantity, Money, TimeSpan or long. A ratio that is no amount goes on the list with its reason.");

    [Fact]
    public void No_naked_decimal_in_Cores_signatures() =>
        Repository.SourcesUnder("src/Tollgate.Core").Where(source => source.File.Room != "Money")
            .SelectMany(source => TypesIn(source, everywhere: false, SyntaxKind.DecimalKeyword))
            .Except(NakedDecimals, "tests/Tollgate.Tidy/ExactTypeTests.cs")
            .ShouldBeNone("A decimal does not say what it measures: use Quantity, Money or a type of its own (STYLE 6).");

    [Theory]
    [InlineData("class X { public double Y { get; } }")]
    [InlineData("class X { void Y(IReadOnlyList<float> z) { } }")]
    [InlineData("record X(double? Y);")]
    [InlineData("class X { readonly double _y = 1; }")]
    public void The_rule_sees_an_offender(string code) =>
        TypesIn(SourceFile.Parse("src/Tollgate.Engine/X.cs", code), everywhere: false, SyntaxKind.DoubleKeyword, SyntaxKind.FloatKeyword)
            .ShouldNotBeEmpty();

    [Fact]
    public void The_rule_sees_an_offender_in_a_body_of_Core() =>
        TypesIn(SourceFile.Parse("src/Tollgate.Core/X.cs", "class X { int Y() => (int)(double)1; }"), everywhere: true,
            SyntaxKind.DoubleKeyword)
            .ShouldNotBeEmpty();

    private static IEnumerable<(string, Finding)> TypesIn(SourceFile source, bool everywhere, params SyntaxKind[] kinds)
    {
        foreach (var type in source.Root.DescendantNodes().OfType<PredefinedTypeSyntax>()
            .Where(type => kinds.Contains(type.Keyword.Kind())))
        {
            if (everywhere || IsInSignature(type))
            {
                var subject = Members.NameOf(type);
                yield return (subject, new(source.File.Path, source.LineOf(type), $"{type} in {subject}."));
            }
        }
    }

    private static bool IsInSignature(PredefinedTypeSyntax type) =>
        !type.Ancestors().TakeWhile(node => node is not MemberDeclarationSyntax)
            .Any(node => node is BlockSyntax or ArrowExpressionClauseSyntax or EqualsValueClauseSyntax);
}
