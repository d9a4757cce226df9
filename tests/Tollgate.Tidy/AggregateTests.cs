using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>
/// A new aggregate of meters needs a word of the catalogue and an answer to each question of Metering: the compiler finds them all.
/// </summary>
public sealed class AggregateTests
{
    private static readonly string[] Closed = ["MeterAggregate", "ReadingKind"];

    [Fact]
    public void Only_the_rooms_of_catalogues_and_metering_name_an_aggregate() =>
        Repository.SourcesUnder("src").Where(static source => source.File.Room is not ("Catalog" or "Metering"))
            .SelectMany(Named)
            .ShouldBeNone("Ask AggregateRules (Core/Metering) or MeterAggregates (Core/Catalog): one exhaustive switch per question.");

    [Fact]
    public void No_question_about_an_aggregate_has_an_answer_for_all_others() =>
        Repository.SourcesUnder("src").SelectMany(Discards)
            .ShouldBeNone(
                "Name the aggregates in each arm: with a discard the compiler does not name the questions that a new one leaves open.");

    [Fact]
    public void The_rules_see_offenders()
    {
        Named(SourceFile.Parse("src/X/X.cs", "class X { object Y = MeterAggregate.Sum; }")).ShouldNotBeEmpty();
        Discards(
            SourceFile.Parse("src/X/X.cs", "class X { bool Y(MeterAggregate a) => a switch { MeterAggregate.Sum => true, _ => false }; }"))
            .ShouldNotBeEmpty();
        Discards(
            SourceFile.Parse(
                "src/X/X.cs",
                "class X { bool Y(MeterAggregate a) => a switch { MeterAggregate.Sum => true, MeterAggregate.Max => false }; }"))
                .ShouldBeEmpty();
    }

    private static IEnumerable<Finding> Named(SourceFile source) =>
        source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(static access => access.Expression.ToString() == "MeterAggregate")
            .Select(access => new Finding(source.File.Path, source.LineOf(access), $"{access} is named here."));

    private static IEnumerable<Finding> Discards(SourceFile source) =>
        source.Root.DescendantNodes().OfType<SwitchExpressionSyntax>()
            .Where(static one => one.Arms.Any(static arm => arm.Pattern is DiscardPatternSyntax)
                && one.Arms.Any(static arm =>
                    Array.Exists(Closed, name => arm.Pattern.ToString().StartsWith(name + ".", StringComparison.Ordinal))))
            .Select(one => new Finding(source.File.Path, source.LineOf(one), "A switch with a discard."));
}
