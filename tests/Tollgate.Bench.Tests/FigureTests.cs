using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Tests;

public sealed class FigureTests
{
    [Theory]
    [InlineData(0.60, "Higher", "Goal")]
    [InlineData(0.59, "Higher", "Floor")]
    [InlineData(0.44, "Higher", "Missed")]
    [InlineData(0.45, "Lower", "Goal")]
    [InlineData(0.60, "Lower", "Goal")]
    [InlineData(0.61, "Lower", "Missed")]
    public void The_bound_itself_reaches_the_goal(double measured, string better, string verdict) =>
        new Figure("S1", "x", Spread.Of([measured]), 0.60, 0.45, Enum.Parse<Better>(better), "", "").Verdict.ToString().ShouldBe(verdict);

    [Fact]
    public void An_unmeasured_figure_never_reaches_a_goal() =>
        new Figure("S1", "x", null, 0, 0, Better.Higher, "", "").Verdict.ShouldBe(Verdict.NotMeasured);

    [Theory]
    [InlineData(0.5314, "0.531")]
    [InlineData(13.64, "13.6")]
    [InlineData(999.6, "1000")]
    [InlineData(1234, "1,230")]
    [InlineData(41_234, "41,200")]
    [InlineData(226_499, "226,000")]
    public void Figures_have_three_digits(double value, string text) => Figure.Text(value).ShouldBe(text);
}
