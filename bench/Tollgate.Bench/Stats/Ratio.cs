namespace Tollgate.Bench.Stats;

/// <summary>Converts a comparison to a line of the table.</summary>
internal static class Ratio
{
    public static Figure Higher(string scenario, string name, Comparison compared, double goal, double? floor = null) =>
        Line(scenario, name, compared, goal, floor, Better.Higher, "/s");

    public static Figure Lower(string scenario, string name, Comparison compared, double goal, double? floor, string unit) =>
        Line(scenario, name, compared, goal, floor, Better.Lower, unit);

    /// <summary>No goal: a ratio for comparison.</summary>
    public static Figure Context(string scenario, string name, Comparison compared, string unit) =>
        Line(scenario, name, compared, null, null, Better.Higher, unit);

    private static Figure Line(
        string scenario, string name, Comparison compared, double? goal, double? floor, Better better, string unit) =>
        new(scenario, name, compared.Ratio, goal, floor, better, "",
            $"{Figure.Text(compared.A.Median)} ÷ {Figure.Text(compared.B.Median)}{unit}; "
            + $"processors: [{compared.MiddleA.CpuText}] ÷ [{compared.MiddleB.CpuText}]"
            + (compared.Discarded > 0 ? $"; {compared.Discarded} disturbed pairs discarded" : ""))
        {
            Disturbed = compared.Disturbed,
        };
}
